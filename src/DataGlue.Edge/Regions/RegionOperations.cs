using DataGlue.Edge.Http;
using DataGlue.Edge.OpenApi;
using Microsoft.OpenApi;
using static DataGlue.Edge.OpenApi.Schemas;

namespace DataGlue.Edge.Regions;

/// <summary>What the endpoints of regions say of themselves in the OpenAPI document.</summary>
internal static class RegionOperations
{
    private const string RelayExample = """
        {"format":1,"items":[{"type":"track","received":1704376800000,"event_id":"evt_1704376800000_k3j9x2m4q","item":{"glue_user_id":"test-123","event":"page_view"}}]}
        """;

    // Of what the owner asks of a node.
    private static readonly int[] Statuses =
    [
        StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status429TooManyRequests,
        StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable,
    ];

    public static void Relay(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("relay", "An edge hands over what it has accepted", "At the home alone. A time of receipt is believed here and nowhere else. Without items it says which database this is.")
        .Secured(document)
        .Takes("Relay", document, ("one_event", RelayExample))
        .Answers("What was not rejected is durable", JsonReply.MediaType, Reference("RelayReply", document))
        .Fails(document,
        [
            .. Statuses, StatusCodes.Status400BadRequest, StatusCodes.Status408RequestTimeout, StatusCodes.Status413PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status421MisdirectedRequest, StatusCodes.Status501NotImplemented,
            StatusCodes.Status508LoopDetected,
        ]);

    public static void ReadOutbox(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("readOutbox", "What waits for the home, and what it has rejected", "Of this very node: an edge does not ask its home.")
        .Secured(document)
        .Parameter(ParameterLocation.Query, "limit", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "1000" }, "How many of those aside; 100 without it", 100)
        .Parameter(ParameterLocation.Query, "after", Count("An id"), "The id of the last one that is known", 0)
        .Answers("The outbox", JsonReply.MediaType, Reference("Outbox", document))
        .Fails(document, [.. Statuses, StatusCodes.Status400BadRequest]);

    public static void RetryAll(OpenApiOperation operation, OpenApiDocument document) =>
        Aside(operation.Named("retryAside", "Sends all that is aside again", "It goes to the end of the outbox."), document);

    public static void RetryOne(OpenApiOperation operation, OpenApiDocument document) =>
        OfOne(operation.Named("retryAsideItem", "Sends an item that is aside again", "It goes to the end of the outbox."), document);

    public static void DeleteAll(OpenApiOperation operation, OpenApiDocument document) =>
        Aside(operation.Named("deleteAside", "Deletes all that is aside", "It is gone for good."), document);

    public static void DeleteOne(OpenApiOperation operation, OpenApiDocument document) =>
        OfOne(operation.Named("deleteAsideItem", "Deletes an item that is aside", "It is gone for good."), document);

    public static void ForgetHome(OpenApiOperation operation, OpenApiDocument document) =>
        Aside(operation.Named("forgetHome", "Takes the next database that answers at the home's address for the home", "For an edge whose home was replaced on purpose."), document)
            .Fails(document, StatusCodes.Status404NotFound);

    public static IEnumerable<(string Name, OpenApiSchema Schema)> Schemas(OpenApiDocument document)
    {
        yield return ("RelayedItem", Object("A request that an edge has accepted", ["type", "received", "item"],
            ("type", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["identify", "track", "sync"] }),
            ("received", Count("When the edge received it, in milliseconds since 1970")), ("event_id", OptionalText("The id that the edge has made, where it came without one")),
            ("event_ids", Many(OptionalText("Of each event of a sync: the id that the edge has made, null where it brought its own, empty where it was rejected"), null, "Of a sync")),
            ("item", Any("The request as its client has sent it"))));
        yield return ("Relay", Object("What an edge hands over", ["format", "items"],
            ("format", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "1", Description = "The version of this format" }),
            ("items", Many(Reference("RelayedItem", document), RelayRequest.MaxItems, "The items, oldest first"))));
        yield return ("RelayResult", Object("What became of an item", ["status"],
            ("status", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["stored", "duplicate", "rejected"] }),
            ("code", Count("Of a rejected item: the HTTP status that a request of its own would have had")), ("error", Text("Of a rejected item: why")),
            ("new_user", Flag("Of an identify")), ("events_rejected", Many(Reference("RejectedEvent", document), null, "Of a sync: events that the edge had accepted and the home has not stored"))));
        yield return ("RelayReply", Object("What became of the items", ["success", "format", "database_id", "results"],
            ("success", Success()), ("format", Count("The newest format that this home reads")), ("database_id", Text("Which database this is")),
            ("results", Many(Reference("RelayResult", document), RelayRequest.MaxItems, "One for each item, in order"))));
        yield return ("AsideItem", Object("An item that the home has rejected", ["id", "received", "put_aside", "reason", "item"],
            ("id", Count("For a retry or deletion")), ("received", Instant("When the edge received it")), ("put_aside", Instant("When the home rejected it")),
            ("reason", Text("Why")), ("item", Any("What the edge has kept of it"))));
        yield return ("Outbox", Object("An outbox", ["success", "role", "state", "depth", "aside_count", "database_id", "used_bytes", "aside"],
            ("success", Success()), ("role", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["home", "edge"] }),
            ("state", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["relaying", "away", "held", "disk_full", "home"] }),
            ("depth", Count("How many items wait")), ("aside_count", Count("How many are aside")), ("oldest", Instant("When the oldest that waits was received")),
            ("problem", Text("Why the home took nothing when it was last tried")), ("home", Text("Where the home is")), ("home_id", Text("Which database the home is")),
            ("database_id", Text("Which database this is")), ("last_success", Instant("When the home last took something, since the start")),
            ("used_bytes", Count("What the database uses")), ("max_bytes", Count("What it may use")),
            ("aside", Many(Reference("AsideItem", document), null, "What is aside, by id")), ("next_after", Count("What to give as after for the next page; absent when there is none"))));
        yield return ("AsideReply", Object("Done", ["success", "count"], ("success", Success()), ("count", Count("How many it was about"))));
    }

    private static OpenApiOperation Aside(OpenApiOperation operation, OpenApiDocument document) => operation
        .Secured(document)
        .Answers("How many it was about", JsonReply.MediaType, Reference("AsideReply", document))
        .Fails(document, Statuses);

    private static void OfOne(OpenApiOperation operation, OpenApiDocument document) => Aside(operation, document)
        .Parameter(ParameterLocation.Path, "id", Count("An id"), "The id of the item", 1)
        .Fails(document, StatusCodes.Status400BadRequest, StatusCodes.Status404NotFound);
}
