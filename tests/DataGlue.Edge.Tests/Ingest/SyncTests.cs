using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

public sealed class SyncTests : IDisposable
{
    private readonly ServerApp app = new();

    [Fact]
    public async Task One_bad_event_is_rejected_by_its_index_and_the_others_are_stored()
    {
        await app.TrackAsync("""{"glue_user_id":"other","event":"e","event_id":"taken"}""");

        var reply = await app.SyncAsync(
            """
            {"data":{"events":[
              {"event_id":"1","event":"a"}, 7, {"event":"","event_id":"2"}, {"event":"b","event_id":"taken"}, {"event":"c","glue_user_id":"other"},
              {"event_id":"1","event":"a"}, {"event_id":"3","event":"d","glue_user_id":"a","properties":{"x":1e999}}, {"event_id":"4","event":"d","glue_user_id":"a"}]},
             "glue_user_id":"a"}
            """);

        const string expected = """
            {"success":true,"events_synced":3,"sessions_synced":0,"events_new":2,"events_duplicate":1,"events_rejected":[
            {"index":1,"error":"An event must be an object"},{"index":2,"error":"event is required"},
            {"index":3,"error":"event_id belongs to another glue_user_id; give the event an id of its own"},
            {"index":4,"error":"glue_user_id must be that of the sync, or absent"},
            {"index":6,"error":"properties holds a number that is too large"}]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), reply.IsOk().Body);
        Assert.Equal(["1", "4"], app.Query("SELECT event_id FROM events WHERE glue_user_id = 'a' ORDER BY 1"));
    }

    [Fact]
    public async Task A_repeated_sync_adds_nothing()
    {
        const string body = """
            {"glue_user_id":"a","synced_at":1704376800000,"data":{
              "profile":{"email":"a@example.com","plan":"pro","attribution":{"first_touch":{"utm_source":"x","timestamp":1704376000000}}},
              "sessions":[{"id":"s1"},{"id":"s2"}],"events":[{"event_id":"1","event":"e","session_id":"s2","timestamp":1704376700000}]}}
            """;
        await app.SyncAsync(body);
        var before = app.Contents();

        var again = await app.SyncAsync(body);

        Assert.Equal(
            """{"success":true,"events_synced":1,"sessions_synced":2,"events_new":0,"events_duplicate":1,"events_rejected":[]}""", again.IsOk().Body);
        Assert.Equal(before, app.Contents());
    }

    [Fact]
    public async Task The_session_with_the_latest_sync_stands_and_sessions_count_once()
    {
        Task SyncAsync(string at, string sessions) =>
            app.SyncAsync($$"""{"glue_user_id":"a","synced_at":"{{at}}","data":{"sessions":[{{sessions}}] } }""");

        await SyncAsync("2024-05-02", """{"session_id":"s1","pages":2,"unknown":{"kept":true}},{"id":"s2"}""");
        await SyncAsync("2024-05-01", """{"session_id":"s1","pages":1}""");
        await SyncAsync("2024-05-03", """{"session_id":"s3","id":"not-me"}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","session_id":"s1"}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","session_id":"s4"}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e"}""");

        Assert.Equal("""{"session_id":"s1","pages":2,"unknown":{"kept":true}}""", Assert.Single(app.Query("SELECT data FROM sessions WHERE session_id = 's1'")));
        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal(4, (int)user["total_sessions"]!);
        Assert.Equal(3, (int)user["total_events"]!);
    }

    [Fact]
    public async Task A_profile_sets_what_it_may_and_nothing_else()
    {
        await app.SyncAsync(
            """
            {"glue_user_id":"a","synced_at":"2024-05-05T00:00:00Z","data":{"profile":{
              "glue_user_id":"someone-else","total_events":99,"total_sessions":99,"identified":false,"created_at":"2001-01-01",
              "email":" a@example.com ","traits":{"plan":"pro"},"plan":"free","color":"red",
              "first_seen":"2024-04-01","last_seen":"2024-04-30"}}}
            """);

        var user = (await app.UserAsync("a")).IsOk().Json["user"]!;
        Assert.Equal(HttpStatusCode.NotFound, (await app.UserAsync("someone-else")).Status);
        Assert.Equal("""{"color":"red","plan":"pro"}""", user["traits"]!.ToJsonString());
        Assert.Equal("a@example.com", (string?)user["email"]);
        Assert.True((bool)user["identified"]!);
        Assert.Equal("2024-05-05T00:00:00.000Z", (string?)user["identified_at"]);
        Assert.Equal("2024-05-05T00:00:00.000Z", (string?)user["last_synced"]);
        Assert.Equal("2024-04-01T00:00:00.000Z", (string?)user["first_seen"]);
        Assert.Equal("2024-05-05T00:00:00.000Z", (string?)user["last_seen"]);
        Assert.Equal(0, (int)user["total_events"]!);
        Assert.Equal(0, (int)user["total_sessions"]!);
    }

    [Fact]
    public async Task A_sync_by_itself_is_no_visit()
    {
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":"2024-05-01"}""");

        await app.SyncAsync("""{"glue_user_id":"a","synced_at":"2024-05-20","data":{"profile":{"plan":"x"},"sessions":[{"id":"s"}]}}""");
        await app.SyncAsync("""{"glue_user_id":"a","synced_at":"2024-05-10","data":{}}""");

        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal("2024-05-01T00:00:00.000Z", (string?)user["last_seen"]);
        Assert.Equal("2024-05-20T00:00:00.000Z", (string?)user["last_synced"]);
    }

    [Fact]
    public async Task A_first_sync_of_nothing_makes_the_profile()
    {
        (await app.SyncAsync("""{"glue_user_id":"a","data":{}}""")).IsOk();

        var reply = (await app.UserAsync("a")).IsOk().Json;
        Assert.Null(reply["user"]!["first_seen"]);
        Assert.Null(reply["summary"]!["first_event"]);
        Assert.Equal(0, (int)reply["summary"]!["total_events"]!);
    }

    public void Dispose() => app.Dispose();
}
