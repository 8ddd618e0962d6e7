using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

public sealed class TrackTests : IDisposable
{
    private const string Stolen = "event_id belongs to another glue_user_id; give the event an id of its own";

    private readonly ServerApp app = new();

    [Fact]
    public async Task A_visitor_seen_first_gets_an_anonymous_profile()
    {
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":"2024-05-01T00:00:00Z"}""");

        var user = (await app.UserAsync("a")).IsOk().Json["user"]!;
        Assert.False((bool)user["identified"]!);
        Assert.Null(user["email"]);
        Assert.Equal("2024-05-01T00:00:00.000Z", (string?)user["first_seen"]);
        Assert.Equal("2024-05-01T00:00:00.000Z", (string?)user["attribution"]!["first_touch"]!["timestamp"]);
        Assert.Equal("2024-05-01T00:00:00.000Z", (string?)user["attribution"]!["last_touch"]!["timestamp"]);
    }

    [Fact]
    public async Task A_repeated_event_id_is_a_duplicate_and_counts_once()
    {
        const string body = """{"glue_user_id":"a","event":"e","event_id":"own-1"}""";

        Assert.Equal("""{"success":true,"event_id":"own-1"}""", (await app.TrackAsync(body)).IsOk().Body);
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("""{"success":true,"event_id":"own-1","duplicate":true}""", (await app.TrackAsync(body)).IsOk().Body);

        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal(1, (int)user["total_events"]!);
        Assert.Equal("2024-06-01T12:00:00.000Z", (string?)user["last_seen"]);
    }

    [Theory]
    [InlineData("/glue/track", """{"glue_user_id":"thief","event":"e","event_id":"own-1","context":{"utm_source":"x"}}""")]
    [InlineData("/glue/track", """{"glue_user_id":"thief","event":"e","event_id":"own-2"}""")]
    [InlineData("/glue/identify", """{"glue_user_id":"thief","email":"t@example.com","event_id":"own-1"}""")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"t@example.com","event_id":"own-3"}""")]
    [InlineData("/glue/track", """{"glue_user_id":"a","event":"e","event_id":"own-3"}""")]
    public async Task An_id_that_another_visitor_has_used_is_a_409_and_changes_nothing(string path, string body)
    {
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"own-1"}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","event_id":"own-2"}""");
        await app.IdentifyAsync("""{"glue_user_id":"b","email":"b@example.com","event_id":"own-3"}""");
        var before = app.Contents();

        (await app.PostAsync(path, body)).IsError(HttpStatusCode.Conflict, Stolen);

        Assert.Equal(before, app.Contents());
    }

    [Fact]
    public async Task An_event_tracked_live_and_then_synced_is_one_and_keeps_the_clients_id()
    {
        var live = (string)(await app.TrackAsync(
            """{"glue_user_id":"a","session_id":"s","event":"e","timestamp":1704376800000,"properties":{"x":1,"y":"z"},"context":{"utm_source":"mail"}}""")).Json["event_id"]!;

        var synced = await app.SyncAsync(
            """{"glue_user_id":"a","data":{"events":[{"event_id":"own","session_id":"s","event":"e","timestamp":"2024-01-04T14:00:00Z","properties":{"y":"z","x":1.0}}]}}""");

        Assert.Equal(1, (int)synced.IsOk().Json["events_duplicate"]!);
        var journey = (await app.UserAsync("a")).Json;
        var only = Assert.Single(journey["events"]!.AsArray())!;
        Assert.Equal("own", (string?)only["event_id"]);
        Assert.Equal("mail", (string?)only["context"]!["utm_source"]);

        // The id that the live reply had given stays good.
        var again = await app.TrackAsync($$"""{"glue_user_id":"a","event":"e","event_id":"{{live}}"}""");
        Assert.True((bool)again.IsOk().Json["duplicate"]!);
    }

    [Fact]
    public async Task An_event_synced_and_then_tracked_live_is_one()
    {
        await app.SyncAsync("""{"glue_user_id":"a","data":{"events":[{"event_id":"own","event":"e","timestamp":1704376800000}]}}""");

        var live = await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":1704376800000,"context":{"gclid":"g"}}""");

        Assert.Equal("""{"success":true,"event_id":"own","duplicate":true}""", live.IsOk().Body);
        var journey = (await app.UserAsync("a")).Json;
        Assert.Single(journey["events"]!.AsArray());
        Assert.Equal("g", (string?)journey["user"]!["attribution"]!["last_touch"]!["gclid"]);
    }

    [Theory]
    [InlineData("""{"event":"e","timestamp":1704376800000}""", """{"event":"e","timestamp":1704376800000}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x"}""", """{"event":"e","timestamp":1704376800000,"event_id":"y"}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x"}""", """{"event":"e","timestamp":1704376800000}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x"}""", """{"event":"f","timestamp":1704376800000}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x"}""", """{"event":"e","timestamp":1704376800001}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x"}""", """{"event":"e","timestamp":1704376800000,"session_id":"s"}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x"}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":1}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":[1,2]}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":[2,1]}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":"é"}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":"\u00e9"}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":9.90}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":9.9}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":"1"}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":1}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":1e3}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":1000.0}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":-0.0}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":0}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":-9.223372036854775808e18}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":-9223372036854775808}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":9223372036854775808}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":9223372036854775809}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":18446744073709551616}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":18446744073709551616.00}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":123456789012345678901234567890}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":123456789012345678901234567891}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":0.1000000000000000055}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":0.1}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":0.00125}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":12.5E-4}}""", 1)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":-1.5}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":1.5}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":1e-400}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":0}}""", 2)]
    [InlineData("""{"event":"e","timestamp":1704376800000,"event_id":"x","properties":{"a":"\ud83d"}}""", """{"event":"e","timestamp":1704376800000,"properties":{"a":"\ufffd"}}""", 1)]
    public async Task Two_reports_are_one_event_only_when_all_is_equal_and_one_lacks_an_id(string first, string second, int events)
    {
        foreach (var (one, other, user) in new[] { (first, second, "a"), (second, first, "b") })
        {
            foreach (var body in new[] { one, other })
            {
                var named = body.Replace("\"x\"", $"\"{user}-x\"", StringComparison.Ordinal).Replace("\"y\"", $"\"{user}-y\"", StringComparison.Ordinal);
                (await app.TrackAsync($$"""{"glue_user_id":"{{user}}",{{named[1..]}}""")).IsOk();
            }

            Assert.Equal(events, (int)(await app.UserAsync(user)).Json["summary"]!["total_events"]!);
        }
    }

    [Fact]
    public async Task Each_live_report_meets_one_synced_report_at_the_most()
    {
        const string live = """{"glue_user_id":"a","event":"e","timestamp":1704376800000}""";
        await app.TrackAsync(live);
        await app.TrackAsync(live);
        await app.SyncAsync("""{"glue_user_id":"a","data":{"events":[{"event_id":"x","event":"e","timestamp":1704376800000}]}}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":1704376800000,"event_id":"y"}""");

        Assert.Equal(["x", "y"], app.Query("SELECT event_id FROM events ORDER BY 1"));
    }

    [Fact]
    public async Task The_fingerprint_of_an_event_is_what_it_has_always_been()
    {
        // Stored events are found by it: a change of the hash would make an event and its later report two.
        await app.TrackAsync(
            """{"glue_user_id":"a","session_id":"s","event":"e","timestamp":1704376800000,"properties":{"text":"é","n":-1.5,"list":[true,null,{}],"big":12345678901234567890}}""");
        await app.TrackAsync("""{"glue_user_id":"b","event":"e","timestamp":"1970-01-01"}""");

        Assert.Equal(["-7331543714655862458", "-1106704487191745181"], app.Query("SELECT fingerprint FROM events ORDER BY glue_user_id"));
    }

    [Fact]
    public async Task What_is_unknown_inside_properties_and_context_is_kept()
    {
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","properties":{"deep":{"list":[1,"two",null,{"x":1e2}]}},"context":{"screen":{"w":1}}, "extra":1}""");

        var stored = (await app.UserAsync("a")).Json["events"]![0]!;
        Assert.Equal("""{"deep":{"list":[1,"two",null,{"x":1e2}]}}""", stored["properties"]!.ToJsonString());
        Assert.Equal("""{"screen":{"w":1}}""", stored["context"]!.ToJsonString());
    }

    [Theory]
    [InlineData("text/plain;charset=UTF-8")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON; charset=\"UTF8\"")]
    [InlineData(null)]
    public async Task A_beacon_and_a_body_without_a_type_are_read_as_json(string? contentType) =>
        (await app.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}"""u8.ToArray(), contentType)).IsOk();

    public void Dispose() => app.Dispose();
}
