using System.Text;
using DataGlue.Edge.Http;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.OpenApi;

/// <summary>
/// GET /openapi.json: what the server takes and answers, as OpenAPI 3.1. It is written by hand, and tests hold it against the routes, the limits
/// and the replies: what would make it at run time is a fifteenth of the program. The version alone is filled in.
/// </summary>
internal static class OpenApiEndpoint
{
    private const string Resource = "openapi.json";

    private static readonly Lazy<byte[]> Document = new(Read);

    /// <summary>Maps the endpoint.</summary>
    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) => routes.MapGet("/openapi.json", WriteAsync).For(Audience.Public);

    private static async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = JsonReply.ContentType;
        context.Response.ContentLength = Document.Value.Length;
        await context.Response.Body.WriteAsync(Document.Value, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var text = new StreamReader(typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource)!);
        return Encoding.UTF8.GetBytes(text.ReadToEnd().Replace("{version}", ServerVersion.Text, StringComparison.Ordinal));
    }
}
