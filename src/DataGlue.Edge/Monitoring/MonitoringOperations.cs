using DataGlue.Edge.Http;
using DataGlue.Edge.OpenApi;
using Microsoft.OpenApi;
using static DataGlue.Edge.OpenApi.Schemas;

namespace DataGlue.Edge.Monitoring;

/// <summary>What the endpoints of operators say of themselves in the OpenAPI document.</summary>
internal static class MonitoringOperations
{
    private const string Status = "Status";

    public static void Live(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("live", "Whether the process answers", "Asks nothing of the disk.")
        .Answers("It does", JsonReply.MediaType, Reference(Status, document));

    public static void Ready(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("ready", "Whether the database takes a write", "Tried once a second at the most; whoever asks meanwhile shares the answer.")
        .Answers("It does", JsonReply.MediaType, Reference(Status, document))
        .Fails(document, StatusCodes.Status503ServiceUnavailable);

    public static void Metrics(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("metrics", "What is measured", "In the text format of Prometheus. On METRICS_PORT it needs no key.")
        .Secured(document)
        .Answers("The metrics", "text/plain", Text("Prometheus text"))
        .Fails(document, StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status429TooManyRequests, StatusCodes.Status500InternalServerError);

    public static IEnumerable<(string Name, OpenApiSchema Schema)> Schemas()
    {
        yield return (Status, Object("A healthy state", ["success", "status"],
            ("success", Success()), ("status", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["alive", "ready"] }),
            ("role", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["home", "edge"], Description = "Of /healthz" })));
    }
}
