using DataGlue.Edge.Http;
using DataGlue.Edge.OpenApi;
using Microsoft.OpenApi;
using static DataGlue.Edge.OpenApi.Schemas;

namespace DataGlue.Edge.Journeys;

/// <summary>What the reads say of themselves in the OpenAPI document.</summary>
internal static class JourneyOperations
{
    private static readonly int[] Statuses =
    [
        StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound,
        StatusCodes.Status429TooManyRequests, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable,
    ];

    public static void User(OpenApiOperation operation, OpenApiDocument document) => Paged(operation
        .Named("readUser", "Who a visitor is, and what they did", "The profile, every event in ascending order of time, and a summary; streamed.")
        .Secured(document)
        .Parameter(ParameterLocation.Path, "glue_user_id", Text("The browser"), "Percent-encoded; may hold any character", "test-123")
        .Answers("The journey", JsonReply.MediaType, Reference("Journey", document))
        .Fails(document, Statuses));

    public static void Person(OpenApiOperation operation, OpenApiDocument document) => Paged(operation
        .Named("readPerson", "The same for the person", "user is the profile that was seen last, users are all profiles of the e-mail, events those of all of them.")
        .Secured(document)
        .Parameter(ParameterLocation.Path, "email", Text("The e-mail"), "Percent-encoded; compared without case", "test@example.com")
        .Answers("The journey", JsonReply.MediaType, Reference("Journey", document))
        .Fails(document, Statuses));

    public static IEnumerable<(string Name, OpenApiSchema Schema)> Schemas(OpenApiDocument document)
    {
        yield return ("Profile", Object("A profile",
            ["glue_user_id", "email", "traits", "attribution", "first_seen", "last_seen", "identified", "identified_at", "total_events", "total_sessions",
                "last_synced", "created_at", "updated_at"],
            ("glue_user_id", Text("The browser")), ("email", OptionalText("The present e-mail")), ("traits", Any("What is known of the person")),
            ("attribution", Object("How they came", ["first_touch", "last_touch"], ("first_touch", Touch()), ("last_touch", Touch()))),
            ("first_seen", Instant("The least time of all")), ("last_seen", Instant("The greatest time of all")),
            ("identified", Flag("Whether an e-mail is known")), ("identified_at", Instant("When the profile got its present e-mail")),
            ("total_events", Count("Stored events")), ("total_sessions", Count("Distinct sessions")), ("last_synced", Instant("The last sync")),
            ("created_at", Instant("When the row was made")), ("updated_at", Instant("When the row was last changed"))));
        yield return ("Event", Object("An event",
            ["event_id", "glue_user_id", "session_id", "email", "event", "properties", "context", "timestamp", "created_at"],
            ("event_id", Text("Its id")), ("glue_user_id", Text("The browser")), ("session_id", OptionalText("The session")),
            ("email", OptionalText("The e-mail that the event itself carried")), ("event", Text("Its name")),
            ("properties", Any("What describes it")), ("context", Any("Where it happened")),
            ("timestamp", Instant("When it happened")), ("created_at", Instant("When it was stored"))));
        yield return ("Journey", Object("A journey", ["success", "user", "events", "summary"],
            ("success", Success()), ("user", Reference("Profile", document)),
            ("users", Many(Reference("Profile", document), null, "Of a person: every profile of the e-mail")),
            ("events", Many(Reference("Event", document), null, "In ascending order of time")),
            ("summary", Object("Over the whole journey", ["total_events", "first_event", "last_event"],
                ("total_events", Count("How many events")), ("first_event", Instant("The first")), ("last_event", Instant("The last")))),
            ("next_after", Text("What to give as after to go on; absent when there are no more"))));
    }

    private static void Paged(OpenApiOperation operation) => operation
        .Parameter(ParameterLocation.Query, "limit", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" }, "How many events at the most; all, without it", 100)
        .Parameter(ParameterLocation.Query, "after", Text("An event_id or an instant"), "The event_id of the last event that is known, or an instant", "1970-01-01T00:00:00.000Z");

    private static OpenApiSchema Touch() => Object("Touch keys, as far as they are known", ["timestamp"], ("timestamp", Instant("When")));
}
