using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>Nothing inside the data of a sync refuses the rest: the browser would send the same again, for ever.</summary>
public sealed class SyncWarningTests : IDisposable
{
    private const string Instant = " must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now (left out)";
    private const string Seconds = " is a number below 100,000,000,000: is it in seconds? It must be in milliseconds since 1970 (left out)";
    private const string Id = " must be a string of 1 to 255 characters, or a number (left out)";
    private const string Control = " must not hold a control character or half of a surrogate pair (left out)";
    private const string Session = " needs a session_id or id of 1 to 255 characters (left out)";

    private readonly ServerApp app = new();

    public static TheoryData<string, string[]> Parts => new()
    {
        { """ "events":{},"sessions":7,"profile":[] """, ["data.events must be an array (left out)", "data.sessions must be an array (left out)", "data.profile must be an object (left out)"] },
        { """ "sessions":[1,null,[],"x"] """, [.. Enumerable.Range(0, 4).Select(i => $"data.sessions[{i}] must be an object (left out)")] },
        { """ "sessions":[{},{"id":""},{"session_id":true},{"id":"a\u0000"},{"id":"guest"},{"id":0}] """, [.. Enumerable.Range(0, 6).Select(i => $"data.sessions[{i}]{Session}")] },
        { """ "sessions":[{"id":"x","n":1e999},{"id":"x","k":1,"k":2}] """, ["data.sessions[0] holds a number that is too large (left out)", "data.sessions[1] has the key 'k' twice (left out)"] },
        { """ "profile":{"last_seen":"2024-06-08T12:00:00Z","first_seen":"soon"} """, ["data.profile.last_seen" + Instant, "data.profile.first_seen" + Instant] },
        { """ "profile":{"last_seen":1717243200,"first_seen":-1} """, ["data.profile.last_seen" + Seconds, "data.profile.first_seen" + Instant] },
        { """ "profile":{"email":true,"user_id":[]} """, ["data.profile.email" + Id, "data.profile.user_id" + Id] },
        { """ "profile":{"email":"a\u0000@b","user_id":"\ud800"} """, ["data.profile.email" + Control, "data.profile.user_id" + Control] },
        { """ "profile":{"traits":"t","attribution":5} """, ["data.profile.traits must be an object (left out)", "data.profile.attribution must be an object (left out)"] },
        { """ "profile":{"traits":{"n":1e999},"other":-1e999} """, ["data.profile.traits holds a number that is too large (left out)", "data.profile holds a number that is too large (left out)"] },
        { """ "profile":{"attribution":{"first_touch":[],"last_touch":{"gclid":"","timestamp":5}}} """, ["data.profile.attribution.first_touch must be an object (left out)", "data.profile.attribution.last_touch.timestamp" + Seconds] },
        { """ "other":1e999,"other":1 """, ["data holds a number that is too large (left out)", "data has the key 'other' twice (left out)"] },
        { """ "events":[{"event":"x","event_id":"2"}],"events":[{"event":"y"}] """, ["data has the key 'events' twice (left out)"] },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_part_that_cannot_be_kept_is_left_out_and_named(string parts, string[] warnings)
    {
        var alone = (await app.SyncAsync($$"""{"glue_user_id":"a","data":{ {{parts}} } }""")).IsOk().Json;
        Assert.Equal(warnings, alone["warnings"]!.AsArray().Select(warning => (string)warning!));
        Assert.Equal(0, (int)alone["sessions_synced"]!);
        Assert.Equal(["0 0"], app.Query("SELECT (SELECT count(*) FROM identities) || ' ' || (SELECT count(*) FROM sessions)"));

        // The same in a batch, and beside what can be kept.
        var batch = (await app.BatchAsync($$"""{"batch":[{"type":"sync","glue_user_id":"b","data":{ {{parts}} } }]}""")).IsOk().Json["results"]![0]!;
        Assert.Equal("stored", (string?)batch["status"]);
        Assert.Equal(warnings, batch["warnings"]!.AsArray().Select(warning => (string)warning!));
    }

    [Fact]
    public async Task What_stands_beside_it_is_kept()
    {
        const string body = """
            {"glue_user_id":"a","synced_at":"2099-01-01","data":{
              "profile":{"email":"guest","plan":"pro","last_seen":"2024-06-08","first_seen":"2024-05-01","attribution":{"first_touch":{"utm_source":"x","timestamp":"soon"}}},
              "sessions":[{"title":"Sale \ud83d","id":1},{"id":null}],
              "events":[{"event":"e","event_id":"1","session_id":1,"email":"x y@z"},{"event":7}]}}
            """;

        const string reply = """
            {"success":true,"events_synced":1,"sessions_synced":1,"events_new":1,"events_duplicate":0,
            "events_rejected":[{"index":1,"error":"event must be a string of 1 to 100 characters"}],
            "warnings":["data.events[0].email must have one @ with something on both sides, and no blank (left out)",
            "synced_at must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now (left out)",
            "data.profile.last_seen must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now (left out)",
            "data.profile.attribution.first_touch.timestamp must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now (left out)",
            "data.sessions[1] needs a session_id or id of 1 to 255 characters (left out)",
            "data.profile.email 'guest' stands for nobody (left out)"]}
            """;
        Assert.Equal(reply.ReplaceLineEndings(""), (await app.SyncAsync(body)).IsOk().Body);
        var user = (await app.UserAsync("a")).IsOk().Json["user"]!;
        Assert.Equal("""{"plan":"pro"}""", user["traits"]!.ToJsonString());
        Assert.Equal("2024-05-01T00:00:00.000Z", (string?)user["first_seen"]);
        Assert.Equal("2024-06-01T12:00:00.000Z", (string?)user["last_synced"]);
        Assert.Equal("x", (string?)user["attribution"]!["first_touch"]!["utm_source"]);
        Assert.Equal(1, (int)user["total_sessions"]!);
        Assert.Equal(["""{"title":"Sale �","id":1}"""], app.Query("SELECT data FROM sessions"));
    }

    [Fact]
    public async Task Thousands_of_warnings_are_the_first_twenty_and_a_number()
    {
        var sessions = string.Join(',', Enumerable.Repeat("1", 5_000));
        var warnings = (await app.SyncAsync("{\"glue_user_id\":\"a\",\"data\":{\"sessions\":[" + sessions + "]}}")).IsOk().Json["warnings"]!.AsArray();

        Assert.Equal(
            [.. Enumerable.Range(0, 20).Select(i => $"data.sessions[{i}] must be an object (left out)"), "and 4980 more"], warnings.Select(warning => (string)warning!));
    }

    [Fact]
    public async Task A_sync_without_warnings_has_no_such_member() =>
        Assert.False((await app.SyncAsync("""{"glue_user_id":"a","synced_at":"","data":{"profile":null,"sessions":"","events":[]}}""")).IsOk().Json.AsObject().ContainsKey("warnings"));

    public void Dispose() => app.Dispose();
}
