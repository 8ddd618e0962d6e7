using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>An edge answers what it can know as the home would, and keeps the item with what it has added.</summary>
public sealed partial class EdgeWritesTests : IDisposable
{
    private readonly ServerApp edge = HomeAndEdge.EdgeOfNobody();

    [Theory]
    [InlineData(
        "track", """{"glue_user_id":"a","event":"e","event_id":"own"}""",
        """{"success":true,"event_id":"own","queued":true}""",
        """{"type":"track","received":1717243200000,"trusted":true,"source":"server","item":{"glue_user_id":"a","event":"e","event_id":"own"}}""")]
    [InlineData(
        "track", " {\"event\" : \"\\u0065\",\n \"glue_user_id\":\"ü\\\"\", \"unknown\":[1]} ",
        """{"success":true,"event_id":"MADE","queued":true}""",
        """{"type":"track","received":1717243200000,"trusted":true,"source":"server","event_id":"MADE","item":{"glue_user_id":"ü\"","event":"e","unknown":[1]}}""")]
    [InlineData(
        "track", "\uFEFF{\"glue_user_id\":\"a\",\"event\":\"e\"}",
        """{"success":true,"event_id":"MADE","queued":true}""",
        """{"type":"track","received":1717243200000,"trusted":true,"source":"server","event_id":"MADE","item":{"glue_user_id":"a","event":"e"}}""")]
    [InlineData(
        "identify", """{"glue_user_id":"a","email":"a@example.com"}""",
        """{"success":true,"user_id":"a","new_user":false,"queued":true}""",
        """{"type":"identify","received":1717243200000,"trusted":true,"source":"server","item":{"glue_user_id":"a","event_id":"MADE","email":"a@example.com"}}""")]
    [InlineData(
        "sync", """{"glue_user_id":"a","data":{"events":[{"event":"x"},{"event":""},{"event":"y","event_id":"own"}],"sessions":[{"id":"s"}]}}""",
        """{"success":true,"events_synced":2,"sessions_synced":1,"events_rejected":[{"index":1,"error":"event is required"}],"queued":true}""",
        """{"type":"sync","received":1717243200000,"trusted":true,"source":"server","event_ids":["MADE","",null],"item":{"glue_user_id":"a","data":{"sessions":[{"id":"s"}],"events":[{"event":"x"},null,{"event":"y","event_id":"own"}]}}}""")]
    [InlineData(
        "sync",
        """{"glue_user_id":"a","later":1,"data":{"later":2,"profile":{"later":3,"attribution":{"later":{"x":4},"first_touch":{"later":5,"timestamp":1704376800006},"last_touch":{"gclid":"7"}}},"events":[{"event":"e","event_id":"own","later":8}],"sessions":[{"id":"s","later":9}]}}""",
        """{"success":true,"events_synced":1,"sessions_synced":1,"events_rejected":[],"queued":true}""",
        """{"type":"sync","received":1717243200000,"trusted":true,"source":"server","event_ids":[null],"item":{"glue_user_id":"a","data":{"profile":{"attribution":{"first_touch":{"later":5,"timestamp":1704376800006},"last_touch":{"gclid":"7"},"later":{"x":4}},"later":3},"sessions":[{"id":"s","later":9}],"events":[{"event":"e","event_id":"own","later":8}],"later":2},"later":1}}""")]
    [InlineData(
        "track", """{"glue_user_id":7,"event":"e","event_id":8,"session_id":9.50,"user_id":" u ","email":" a@example.com ","timestamp":"1970-01-01T00:00:01Z"}""",
        """{"success":true,"event_id":"8","queued":true}""",
        """{"type":"track","received":1717243200000,"trusted":true,"source":"server","item":{"glue_user_id":"7","event":"e","event_id":"8","session_id":"9.5","email":"a@example.com","user_id":"u","timestamp":"1970-01-01T00:00:01.000Z"}}""")]
    [InlineData(
        "track", """{"glue_user_id":"a","event":"e\ud800","session_id":"undefined","user_id":0,"email":"x","properties":{"\udc00":"\u0000"}}""",
        """{"success":true,"event_id":"MADE","queued":true,"warnings":["session_id 'undefined' stands for nobody (left out)","user_id '0' stands for nobody (left out)","email must have one @ with something on both sides, and no blank (left out)"]}""",
        """{"type":"track","received":1717243200000,"trusted":true,"source":"server","event_id":"MADE","item":{"glue_user_id":"a","event":"e�","properties":{"�":"�"}}}""")]
    [InlineData(
        "identify", """{"glue_user_id":"a","user_id":42,"email":"guest","signature":"00ff","event_id":"i"}""",
        """{"success":true,"user_id":"a","new_user":false,"queued":true,"warnings":["email 'guest' stands for nobody (left out)"]}""",
        """{"type":"identify","received":1717243200000,"trusted":true,"source":"server","item":{"glue_user_id":"a","event_id":"i","user_id":"42","signature":"00ff"}}""")]
    [InlineData(
        "sync", """{"glue_user_id":"a","synced_at":"2099-01-01","data":{"profile":{"user_id":"u","email":5,"first_seen":"1970-01-02"},"sessions":[{"id":5},{}],"events":[{"event":"e","event_id":1,"user_id":"v"}]}}""",
        """{"success":true,"events_synced":1,"sessions_synced":1,"events_rejected":[],"queued":true,"warnings":["synced_at must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now (left out)","data.sessions[1] needs a session_id or id of 1 to 255 characters (left out)","data.profile.email must have one @ with something on both sides, and no blank (left out)"]}""",
        """{"type":"sync","received":1717243200000,"trusted":true,"source":"server","event_ids":[null],"item":{"glue_user_id":"a","data":{"profile":{"user_id":"u","first_seen":"1970-01-02T00:00:00.000Z","attribution":{}},"sessions":[{"id":5}],"events":[{"event":"e","event_id":"1","user_id":"v"}]}}}""")]
    public async Task A_write_is_kept_whole_with_its_time_and_the_ids_that_were_made(string verb, string body, string reply, string kept)
    {
        Assert.Equal(reply, Made().Replace((await edge.PostAsync("/glue/" + verb, body)).IsOk().Body, "MADE"));

        Assert.Equal([kept], edge.Query("SELECT item FROM outbox").Select(item => Made().Replace(item, "MADE")));
        Assert.Equal(["2024-06-01T12:00:00.000Z"], edge.Query("SELECT received FROM outbox"));
        Assert.Empty(edge.Query("SELECT 1 FROM events UNION SELECT 1 FROM users UNION SELECT 1 FROM identities UNION SELECT 1 FROM sessions"));
    }

    [Fact]
    public async Task A_batch_is_kept_item_by_item_without_those_that_are_rejected()
    {
        var reply = await edge.BatchAsync(
            """
            {"batch":[{"type":"track","glue_user_id":"a","event":"e"}, 7, {"glue_user_id":"a","email":"a@example.com","type":"identify","event_id":"i"},
              {"type":"other"},{"type":"sync","glue_user_id":"a","data":{"events":[{"event":"x"},{}]}}]}
            """);

        Assert.Equal(
            """{"success":true,"results":[{"status":"stored","event_id":"MADE"},{"status":"rejected","error":"An item must be an object"},"""
            + """{"status":"stored","event_id":"i"},{"status":"rejected","error":"type must be identify, track or sync"},"""
            + """{"status":"stored","events_synced":1,"sessions_synced":0,"events_rejected":[{"index":1,"error":"event is required"}]}],"queued":true}""",
            Made().Replace(reply.IsOk().Body, "MADE"));
        Assert.Equal(
            [
                """{"type":"track","received":1717243200000,"trusted":true,"source":"server","event_id":"MADE","item":{"glue_user_id":"a","event":"e"}}""",
                """{"type":"identify","received":1717243200000,"trusted":true,"source":"server","item":{"glue_user_id":"a","event_id":"i","email":"a@example.com"}}""",
                """{"type":"sync","received":1717243200000,"trusted":true,"source":"server","event_ids":["MADE",""],"item":{"glue_user_id":"a","data":{"sessions":[],"events":[{"event":"x"},null]}}}""",
            ],
            edge.Query("SELECT item FROM outbox ORDER BY id").Select(item => Made().Replace(item, "MADE")));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("7", """{"status":"rejected","error":"An item must be an object"}""")]
    public async Task A_batch_of_which_nothing_is_kept_is_answered_like_any_other_of_an_edge(string items, string results)
    {
        var reply = await edge.BatchAsync($$"""{"batch":[{{items}}]}""");

        Assert.Equal($$"""{"success":true,"results":[{{results}}],"queued":true}""", reply.IsOk().Body);
        Assert.Empty(edge.Query("SELECT 1 FROM outbox"));
    }

    [Theory]
    [InlineData("track", """{"glue_user_id":"a"}""")]
    [InlineData("track", """{"glue_user_id":"a","event":"e","timestamp":"tomorrow","x":"\ud800"}""")]
    [InlineData("identify", """{"glue_user_id":"a","email":"a@example.com","traits":[]}""")]
    [InlineData("sync", """{"glue_user_id":"guest","data":{}}""")]
    [InlineData("batch", """{"batch":{}}""")]
    [InlineData("track", "{")]
    public async Task A_faulty_write_gets_the_error_of_the_home_and_is_not_kept(string verb, string body)
    {
        using var home = new ServerApp();

        var reply = await edge.PostAsync("/glue/" + verb, body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal((await home.PostAsync("/glue/" + verb, body)).Body, reply.Body);
        Assert.Empty(edge.Query("SELECT 1 FROM outbox"));
    }

    [Fact]
    public async Task An_edge_that_knows_the_secret_refuses_a_wrong_signature_and_keeps_the_rest()
    {
        const string Wrong = """{"type":"identify","glue_user_id":"a","email":"a@example.com","signature":"00ff"}""";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData("a-secret"u8, "b@example.com"u8));
        var right = $$"""{"type":"identify","glue_user_id":"b","email":"b@example.com","signature":"{{signature}}"}""";
        using var knowing = HomeAndEdge.EdgeOfNobody(("IDENTITY_SECRET", "a-secret"));

        Assert.StartsWith("signature is wrong", (await knowing.IdentifyAsync(Wrong)).Error, StringComparison.Ordinal);
        var results = (await knowing.BatchAsync($$"""{"batch":[{{Wrong}},{{right}},{{Wrong}},{"type":"track","glue_user_id":"c","event":"e"}]}""")).IsOk().Json["results"]!.AsArray();

        Assert.Equal(["rejected", "stored", "rejected", "stored"], results.Select(result => (string?)result!["status"]));
        Assert.Equal(["b", "c"], knowing.Query("SELECT item ->> '$.item.glue_user_id' FROM outbox ORDER BY id"));
        (await edge.IdentifyAsync(Wrong)).IsOk();
    }

    [Fact]
    public async Task A_rule_of_the_owners_on_the_outbox_rejects_one_write_alone()
    {
        edge.Query("CREATE TRIGGER no BEFORE INSERT ON outbox WHEN new.item LIKE '%forbidden%' BEGIN SELECT raise(ABORT, 'no'); END");

        (await edge.TrackAsync("""{"glue_user_id":"a","event":"forbidden"}""")).IsError(
            HttpStatusCode.BadRequest, "The database refused this write; a rule of its owner does not allow it");
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"allowed"}""")).IsOk();
    }

    [Fact]
    public async Task The_role_is_said_by_health_and_metrics()
    {
        using var home = new ServerApp();

        Assert.Equal(Product.Alive("edge"), (await edge.GetAsync("/healthz")).IsOk().Body);
        Assert.Equal(Product.Alive("home"), (await home.GetAsync("/healthz")).IsOk().Body);
        Assert.Contains("dataglue_node{otel_scope_name=\"DataGlue.Edge\",role=\"edge\"} 1\n", (await edge.GetAsync("/metrics")).IsOk().Body, StringComparison.Ordinal);
        Assert.Contains("dataglue_node{otel_scope_name=\"DataGlue.Edge\",role=\"home\"} 1\n", (await home.GetAsync("/metrics")).IsOk().Body, StringComparison.Ordinal);
    }

    public void Dispose() => edge.Dispose();

    [GeneratedRegex("(evt|idn)_1717243200000_[0-9a-z]{9}")]
    private static partial Regex Made();
}
