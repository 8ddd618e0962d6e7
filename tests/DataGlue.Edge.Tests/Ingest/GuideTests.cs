using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>Every request that the guide shows, as it shows it, with the reply that it shows.</summary>
public sealed class GuideTests : IDisposable
{
    private const string Identify = """
        {
            "glue_user_id": "test-123",
            "email": "test@example.com",
            "traits": {
              "fname": "Test",
              "lname": "User"
            },
            "context": {
              "utm_source": "google",
              "session_id": "session-456"
            }
          }
        """;

    private const string Track = """
        {
            "glue_user_id": "test-123",
            "session_id": "session-456",
            "event": "page_view",
            "properties": {
              "url": "/landing",
              "title": "Landing Page"
            },
            "timestamp": 1704376800000
          }
        """;

    private readonly ServerApp app = new();

    [Fact]
    public async Task Identify_answers_that_the_user_is_new_and_then_that_it_is_not()
    {
        var first = await app.IdentifyAsync(Identify);
        var second = await app.IdentifyAsync(Identify);

        Assert.Equal("""{"success":true,"user_id":"test-123","new_user":true}""", first.IsOk().Body);
        Assert.Equal("""{"success":true,"user_id":"test-123","new_user":false}""", second.IsOk().Body);
    }

    [Fact]
    public async Task Track_answers_with_an_id_that_looks_like_the_guides()
    {
        var reply = await app.TrackAsync(Track);

        var epoch = ServerApp.Start.ToUnixTimeMilliseconds();
        Assert.Matches($$"""^\{"success":true,"event_id":"evt_{{epoch}}_[0-9a-z]{9}"\}$""", reply.IsOk().Body);
    }

    [Fact]
    public async Task Get_user_answers_with_the_profile_its_events_and_a_summary()
    {
        await app.IdentifyAsync(Identify);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var eventId = (string)(await app.TrackAsync(Track)).Json["event_id"]!;

        var reply = await app.GetAsync("/glue/user/test-123");

        var expected = """
            {"success":true,"user":{"glue_user_id":"test-123","email":"test@example.com","traits":{"fname":"Test","lname":"User"},
            "attribution":{"first_touch":{"utm_source":"google","timestamp":"2024-06-01T12:00:00.000Z"},
            "last_touch":{"utm_source":"google","timestamp":"2024-06-01T12:00:00.000Z"}},
            "first_seen":"2024-01-04T14:00:00.000Z","last_seen":"2024-06-01T12:00:00.000Z","identified":true,
            "identified_at":"2024-06-01T12:00:00.000Z","total_events":1,"total_sessions":1,"last_synced":null,
            "created_at":"2024-06-01T12:00:00.000Z","updated_at":"2024-06-01T12:00:01.000Z"},
            "events":[{"event_id":"EVENT_ID","glue_user_id":"test-123","session_id":"session-456","email":null,
            "event":"page_view","properties":{"url":"/landing","title":"Landing Page"},"context":{},
            "timestamp":"2024-01-04T14:00:00.000Z","created_at":"2024-06-01T12:00:01.000Z","user_id":null,"trusted":false,"source":"page"}],
            "summary":{"total_events":1,"first_event":"2024-01-04T14:00:00.000Z","last_event":"2024-01-04T14:00:00.000Z"}}
            """;
        Assert.Equal(expected.ReplaceLineEndings("").Replace("EVENT_ID", eventId, StringComparison.Ordinal), reply.IsOk().Body);
    }

    [Fact]
    public async Task Get_user_by_email_answers_with_the_same_person()
    {
        await app.IdentifyAsync(Identify);
        await app.TrackAsync(Track);

        var reply = (await app.GetAsync("/glue/user/email/test@example.com")).IsOk().Json;

        Assert.True((bool)reply["success"]!);
        Assert.Equal("test-123", (string?)reply["user"]!["glue_user_id"]);
        Assert.Equal("page_view", (string?)reply["events"]![0]!["event"]);
        Assert.Equal(1, (int)reply["summary"]!["total_events"]!);
    }

    [Fact]
    public async Task Sync_answers_with_what_it_took()
    {
        var reply = await app.SyncAsync(
            """
            {"glue_user_id": "test-123", "synced_at": "2024-01-04T15:00:00Z", "data": {
              "profile": {"first_seen": 1704376800000}, "sessions": [{"session_id": "session-456"}],
              "events": [{"event_id": "e1", "glue_user_id": "test-123", "event": "page_view", "timestamp": 1704376800000}]}}
            """);

        Assert.Equal(
            """{"success":true,"events_synced":1,"sessions_synced":1,"events_new":1,"events_duplicate":0,"events_rejected":[]}""",
            reply.IsOk().Body);
    }

    [Theory]
    [InlineData("/glue/identify", """{"glue_user_id": "a"}""", "glue_user_id and email are required; email (or user_id) is missing")]
    [InlineData("/glue/identify", """{"email": "a@example.com"}""", "glue_user_id and email are required; glue_user_id is missing")]
    [InlineData("/glue/identify", """{"glue_user_id": "", "email": null}""", "glue_user_id and email are required; glue_user_id and email (or user_id) are missing")]
    [InlineData("/glue/track", """{"glue_user_id": "a"}""", "glue_user_id and event are required; event is missing")]
    [InlineData("/glue/track", "{}", "glue_user_id and event are required; glue_user_id and event are missing")]
    [InlineData("/glue/sync", """{"glue_user_id": "a"}""", "glue_user_id and data are required; data is missing")]
    [InlineData("/glue/sync", """{"glue_user_id": "a", "data": null}""", "glue_user_id and data are required; data is missing")]
    public async Task A_required_field_that_lacks_gets_the_guides_sentence_and_what_is_missing(string path, string body, string sentence)
    {
        var reply = await app.PostAsync(path, body);

        reply.IsError(HttpStatusCode.BadRequest, sentence);
        Assert.Empty(app.Contents());
    }

    [Theory]
    [InlineData("/glue/user/nobody")]
    [InlineData("/glue/user/email/nobody@example.com")]
    public async Task An_unknown_user_gets_the_guides_404(string path) =>
        (await app.GetAsync(path)).IsError(HttpStatusCode.NotFound, "User not found");

    public void Dispose() => app.Dispose();
}
