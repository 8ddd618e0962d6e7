using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Http;

/// <summary>The whole body of a request in a rented buffer; dispose it when its bytes are read.</summary>
public sealed class RequestBody : IDisposable
{
    // A declared length is only a claim: the buffer grows with what has come.
    private const int FirstRead = 16 * 1024;

    private byte[] buffer;

    private RequestBody(byte[] buffer) => this.buffer = buffer;

    /// <summary>The bytes of the body.</summary>
    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, Length);

    private int Length { get; set; }

    /// <summary>Reads a JSON body of at most <paramref name="limit"/> bytes.</summary>
    /// <exception cref="RequestException">415 for another content type or encoding, 413 for a body over the limit.</exception>
    /// <exception cref="BadHttpRequestException">The body came too slowly, or its framing is broken.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, int limit)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireJson(request);
        if (request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        // Our own limit holds for every body, chunked ones too; Kestrel's would answer before it.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } kestrel)
        {
            kestrel.MaxRequestBodySize = null;
        }

        var body = new RequestBody(ArrayPool<byte>.Shared.Rent(FirstRead));
        try
        {
            await body.FillAsync(request, limit);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var rented = buffer;
        buffer = [];
        Length = 0;
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private async Task FillAsync(HttpRequest request, int limit)
    {
        int read;
        while ((read = await ReadPartAsync(request)) > 0)
        {
            Length += read;
            if (Length > limit)
            {
                throw TooLarge(limit);
            }

            if (Length == buffer.Length)
            {
                Grow();
            }
        }
    }

    // Kestrel reports a broken chunk as a bare IOException, which would look like a crash.
    private async ValueTask<int> ReadPartAsync(HttpRequest request)
    {
        try
        {
            return await request.Body.ReadAsync(buffer.AsMemory(Length), request.HttpContext.RequestAborted);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The framing of the body is broken", StatusCodes.Status400BadRequest, exception);
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    private static void RequireJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
        {
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType, "Content-Encoding is not accepted here; send the body uncompressed");
        }

        if (!string.IsNullOrEmpty(request.ContentType) && !IsJson(request.ContentType))
        {
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/json or text/plain, in UTF-8, or absent");
        }
    }

    private static bool IsJson(string contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
        {
            return false;
        }

        var known = type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase);
        var charset = HeaderUtilities.RemoveQuotes(type.Charset);
        return known && (charset.Length == 0 || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            || charset.Equals("utf8", StringComparison.OrdinalIgnoreCase));
    }

    private static RequestException TooLarge(int limit) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {limit} bytes; send less at a time");
}
