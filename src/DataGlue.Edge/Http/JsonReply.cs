using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DataGlue.Edge.Http;

/// <summary>A small JSON body sent in one piece with its length, not chunked.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="body">What to send.</param>
/// <param name="type">Its source-generated JSON type.</param>
public sealed class JsonReply<T>(int status, T body, JsonTypeInfo<T> type) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, type);
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes, 0, bytes.Length, httpContext.RequestAborted);
    }
}
