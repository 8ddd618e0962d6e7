using DataGlue.Edge.Http;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.OpenApi;

/// <summary>GET /openapi.json, OpenAPI 3.1. It is written by hand, and tests compare it with the routes, the limits and the replies: a generator at run time
/// would be a fifteenth of the program. Only the version is filled in.</summary>
internal static class OpenApiEndpoint
{
    private static readonly Lazy<byte[]> Document = new(Read);

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) => routes.MapMethods("/openapi.json", HttpExtensions.Reads, WriteAsync).For(Audience.Public);

    private static async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = JsonReply.ContentType;
        context.Response.ContentLength = Document.Value.Length;
        await context.Response.Body.WriteAsync(Document.Value, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var text = new StreamReader(typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream("openapi.json")!);
        return Encoding.UTF8.GetBytes(text.ReadToEnd().Replace("{version}", ServerVersion.Text, StringComparison.Ordinal));
    }
}
