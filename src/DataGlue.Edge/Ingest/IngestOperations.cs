using DataGlue.Edge.Http;
using DataGlue.Edge.OpenApi;
using Microsoft.OpenApi;
using static DataGlue.Edge.OpenApi.Schemas;

namespace DataGlue.Edge.Ingest;

/// <summary>What the POST verbs say of themselves in the OpenAPI document.</summary>
internal static class IngestOperations
{
    private const string IdentifyExample = """
        {"glue_user_id":"test-123","email":"test@example.com","traits":{"fname":"Test","lname":"User"},"context":{"utm_source":"google","session_id":"session-456"}}
        """;

    private const string TrackExample = """
        {"glue_user_id":"test-123","session_id":"session-456","event":"page_view","properties":{"url":"/landing","title":"Landing Page"},"timestamp":1704376800000}
        """;

    private const string RetryExample = """
        {"glue_user_id":"test-123","event":"purchase","event_id":"order-789","timestamp":"2024-01-04T14:05:00.000Z","properties":{"amount":49.9}}
        """;

    private const string SyncExample = """
        {"glue_user_id":"test-123","synced_at":1704380400000,"data":{"profile":{"email":"test@example.com","traits":{"plan":"pro"},
          "attribution":{"first_touch":{"utm_source":"google","timestamp":1704376800000}}},
          "sessions":[{"session_id":"session-456","started_at":1704376800000}],
          "events":[{"event_id":"evt_1704376800000_k3j9x2m4q","event":"page_view","session_id":"session-456","timestamp":1704376800000,"properties":{"url":"/landing"}}]}}
        """;

    private const string BatchExample = """
        {"batch":[{"type":"identify","glue_user_id":"test-123","email":"test@example.com"},
          {"type":"track","glue_user_id":"test-123","event":"form_submit","event_id":"form-1"},
          {"type":"sync","glue_user_id":"test-123","data":{"events":[{"event":"page_view"}]}}]}
        """;

    // Of each post, but for the 409 of those that are about one event_id.
    private static readonly int[] Statuses =
    [
        StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status408RequestTimeout,
        StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status429TooManyRequests,
        StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable,
    ];

    public static void Identify(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("identify", "A browser belongs to a person", "Creates or updates the profile. traits are a JSON merge patch (RFC 7396) on what is stored.")
        .Secured(document, orOpen: true)
        .Takes("Identify", document, ("guide", IdentifyExample))
        .Answers("The identification is durable", JsonReply.MediaType, Reference("IdentifyReply", document))
        .Fails(document, [.. Statuses, StatusCodes.Status409Conflict]);

    public static void Track(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("track", "A visitor did something", "Stores an event, once for each event_id. A visitor seen first here gets an anonymous profile.")
        .Secured(document, orOpen: true)
        .Takes("Track", document, ("guide", TrackExample), ("with_an_id_that_makes_a_retry_harmless", RetryExample))
        .Answers("The event is durable", JsonReply.MediaType, Reference("TrackReply", document))
        .Fails(document, [.. Statuses, StatusCodes.Status409Conflict]);

    public static void Sync(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("sync", "A browser hands over all that it has kept", "One bad event is rejected by its index; the others are stored.")
        .Secured(document, orOpen: true)
        .Takes("Sync", document, ("whole", SyncExample))
        .Answers("What was accepted is durable", JsonReply.MediaType, Reference("SyncReply", document))
        .Fails(document, Statuses);

    public static void Batch(OpenApiOperation operation, OpenApiDocument document) => operation
        .Named("batch", "Several of the others at once", "Each item has its own result, in order.")
        .Secured(document, orOpen: true)
        .Takes("Batch", document, ("one_of_each", BatchExample))
        .Answers("What was accepted is durable", JsonReply.MediaType, Reference("BatchReply", document))
        .Fails(document, Statuses);

    public static IEnumerable<(string Name, OpenApiSchema Schema)> Schemas(OpenApiDocument document)
    {
        yield return ("Identify", Object("An identification", ["glue_user_id", "email"], [.. Whose(), ("email", Email()), ("traits", Patch()), .. Common()]));
        yield return ("Track", Object("An event", ["glue_user_id", "event"], [.. Whose(), .. EventMembers(), .. Common()]));
        yield return ("SyncedEvent", Object("An event of a sync", ["event"], [.. Whose(), .. EventMembers(), .. Common()]));
        yield return ("Sync", Object("All that a browser has kept", ["glue_user_id", "data"], [.. Whose(), .. SyncMembers(document)]));
        yield return ("Batch", Object("Items of any kind", ["batch"], ("batch", Many(Item(document), Limits.BatchItems, "The items, in order"))));
        yield return ("IdentifyReply", Object("Stored", ["success", "user_id", "new_user"],
            ("success", Success()), ("user_id", Text("The glue_user_id")), ("new_user", Flag("Whether the profile was not identified before")), Queued()));
        yield return ("TrackReply", Object("Stored", ["success", "event_id"],
            ("success", Success()), ("event_id", Text("The id under which the event stands")), ("duplicate", Flag("True when it was stored already; absent otherwise")), Queued()));
        yield return ("RejectedEvent", Object("An event that was not stored", ["index", "error"],
            ("index", Count("Its place in data.events, from 0")), ("error", Text("Every fault of it"))));
        yield return ("SyncReply", Object("What became of a sync", ["success", "events_synced", "sessions_synced", "events_rejected"],
            [("success", Success()), .. SyncCounts(document), Queued()]));
        yield return ("BatchResult", Object("What became of an item", ["status"],
            [("status", new OpenApiSchema { Type = JsonSchemaType.String, Enum = [BatchResult.Stored, BatchResult.Duplicate, BatchResult.Rejected] }),
                ("event_id", Text("The id under which an identification or event stands")), ("error", Text("Why it was rejected")),
                ("new_user", Flag("Of an identify")), .. SyncCounts(document)]));
        yield return ("BatchReply", Object("What became of the items", ["success", "results"],
            ("success", Success()), ("results", Many(Reference("BatchResult", document), Limits.BatchItems, "One for each item, in order")), Queued()));
    }

    private static (string, IOpenApiSchema) Queued() => ("queued", Flag("True at an edge that has kept it for its home, which alone knows what is left out; absent otherwise"));

    private static (string, IOpenApiSchema)[] Whose() => [("glue_user_id", Text(Limits.Id, "The browser"))];

    private static (string, IOpenApiSchema)[] Common() =>
    [
        ("event_id", Text(Limits.Id, "The client's own id: makes a retry harmless")),
        ("timestamp", GivenInstant("When it happened; when it was received, without it")),
        ("context", OptionalAny("Where it happened: utm_*, click ids, referrer, page; unknown keys are kept")),
    ];

    private static (string, IOpenApiSchema)[] EventMembers() =>
    [
        ("event", Text(Limits.EventName, "The name of the event")),
        ("session_id", Text(Limits.Id, "The session")),
        ("email", Email()),
        ("properties", OptionalAny("Whatever describes it; unknown keys are kept")),
    ];

    private static (string, IOpenApiSchema)[] SyncMembers(OpenApiDocument document) =>
    [
        ("event_id", Text(Limits.Id, "The client's own id of this sync")),
        ("synced_at", GivenInstant("When it was put together; when it was received, without it")),
        ("data", Object("What it brings", [],
            ("profile", Object("The profile; unknown fields merge into traits", [],
                ("email", Email()), ("traits", Patch()), ("first_seen", GivenInstant("The first visit")), ("last_seen", GivenInstant("The last visit")),
                ("attribution", Object("Touches", [], ("first_touch", Any("The first touch")), ("last_touch", Any("The last touch")))))),
            ("sessions", Many(Any("A session with session_id or id; kept whole"), Limits.SyncItems, "Sessions")),
            ("events", Many(Reference("SyncedEvent", document), Limits.SyncItems, "Events")))),
    ];

    private static (string, IOpenApiSchema)[] SyncCounts(OpenApiDocument document) =>
    [
        ("events_synced", Count("New and duplicate events")), ("sessions_synced", Count("Sessions that it brought")),
        ("events_new", Count("Events that were not stored before")), ("events_duplicate", Count("Events that were")),
        ("events_rejected", Many(Reference("RejectedEvent", document), Limits.SyncItems, "Events that were not stored, and why")),
    ];

    private static OpenApiSchema Item(OpenApiDocument document) => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "type" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["identify", "track", "sync"] },
        },
        AnyOf = [Reference("Identify", document), Reference("Track", document), Reference("Sync", document)],
    };

    private static OpenApiSchema Email() => Text(Limits.Email, "Compared without case, stored as sent, trimmed");

    private static OpenApiSchema Patch() => OptionalAny($"A merge patch: keys merge, a null removes; at most {Limits.PatchKeys} keys and {Limits.PatchBytes} bytes");
}
