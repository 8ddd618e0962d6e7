using DataGlue.Edge.Http;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.OpenApi;

/// <summary>
/// GET /openapi.json: what the server takes and answers, as OpenAPI 3.1. It is written by hand, and tests hold it against the routes, the limits
/// and the replies: what would make it at run time is a fifteenth of the program.
/// </summary>
internal static class OpenApiEndpoint
{
    private const string Resource = "openapi.json";

    /// <summary>Maps the endpoint.</summary>
    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) => routes.MapGet("/openapi.json", WriteAsync).For(Audience.Public);

    private static async Task WriteAsync(HttpContext context)
    {
        await using var document = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource)!;
        context.Response.ContentType = JsonReply.ContentType;
        context.Response.ContentLength = document.Length;
        await document.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
