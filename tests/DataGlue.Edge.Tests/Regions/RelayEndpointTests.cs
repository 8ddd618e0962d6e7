using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Fuzz;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>POST /glue/relay, as whoever holds the key may call it.</summary>
public sealed class RelayEndpointTests : IDisposable
{
    private const string Unfit = "The ids that the edge has made do not fit the item";

    private readonly ServerApp home = new(("API_KEY", HomeAndEdge.Key), ("ALLOWED_ORIGINS", "https://shop.example"));

    public RelayEndpointTests() => home.Client.DefaultRequestHeaders.Add("x-api-key", HomeAndEdge.Key);

    public static TheoryData<string, string> Results => new()
    {
        { """{"type":"track","received":1,"event_id":"made","item":{"glue_user_id":"a","event":"e"}}""", """{"status":"stored"}""" },
        { """{"type":"track","received":1,"event_id":"made","item":{"glue_user_id":"a","event":"e","event_id":"own"}}""", """{"status":"stored"}""" },
        { """{"type":"track","received":1,"item":{"glue_user_id":"a","event":"e"}}""", Rejected(Unfit) },
        { """{"type":"track","received":1,"event_id":null,"item":{"glue_user_id":"a","event":"e"}}""", Rejected(Unfit) },
        { """{"type":"track","received":1,"event_id":"made","item":{"event":"e"}}""", Rejected("glue_user_id and event are required; glue_user_id is missing") },
        { """{"type":"identify","received":1,"event_id":"made","item":{"glue_user_id":"a","email":"a@example.com"}}""", """{"status":"stored","new_user":true}""" },
        { """{"type":"identify","received":1,"item":{"glue_user_id":"a","email":"a@example.com"}}""", Rejected(Unfit) },
        { """{"type":"sync","received":1,"event_ids":["made",null,""],"item":{"glue_user_id":"a","data":{"events":[{"event":"x"},{"event":"y","event_id":"own"},{"event":"z"}]}}}""", """{"status":"stored"}""" },
        { """{"type":"sync","received":1,"event_ids":["made"],"item":{"glue_user_id":"a","data":{"events":[{"event":""}]}}}""", """{"status":"stored","events_rejected":[{"index":0,"error":"event is required"}]}""" },
        { """{"type":"sync","received":1,"event_ids":["made","more"],"item":{"glue_user_id":"a","data":{"events":[{"event":"x"}]}}}""", Rejected(Unfit) },
        { """{"type":"sync","received":1,"event_ids":[7],"item":{"glue_user_id":"a","data":{"events":[{"event":"x"}]}}}""", Rejected(Unfit) },
        { """{"type":"sync","received":1,"item":{"glue_user_id":"a","data":{}}}""", """{"status":"stored"}""" },
        { """{"type":"other","received":1,"item":{}}""", Rejected("type must be identify, track or sync") },
        { """{"type":"track","received":1}""", Rejected("A relayed item needs type, received and item") },
        { """{"received":1,"item":{}}""", Rejected("A relayed item needs type, received and item") },
        { """{"type":"track","item":{}}""", Rejected("A relayed item needs type, received and item") },
        { """{"type":"track","received":1,"item":7}""", Rejected("The body must be a JSON object") },
        { """{"type":"track","received":-1,"item":{}}""", Rejected("A relayed item needs type, received and item") },
        { "7", Rejected("The body must be a JSON object") },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public async Task Each_item_has_its_own_result(string item, string result)
    {
        var reply = await RelayAsync($$"""{"format":1,"items":[{"type":"track","received":1,"event_id":"first","item":{"glue_user_id":"a","event":"f"} },{{item}},{"type":"track","received":1,"event_id":"last","item":{"glue_user_id":"a","event":"l"} }]}""");

        Assert.Equal($$"""[{"status":"stored"},{{result}},{"status":"stored"}]""", reply.IsOk().Json["results"]!.ToJsonString());
        Assert.Equal(["first", "last"], home.Query("SELECT event_id FROM events WHERE event_id IN ('first', 'last') ORDER BY 1"));
    }

    [Fact]
    public async Task A_time_of_receipt_is_believed_here_and_nowhere_else()
    {
        (await RelayAsync("""{"format":1,"items":[{"type":"track","received":1000,"event_id":"a","item":{"glue_user_id":"a","event":"e","received":5000}}]}""")).IsOk();
        (await home.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"b","received":1000}""")).IsOk();
        (await home.BatchAsync("""{"batch":[{"type":"track","received":1000,"glue_user_id":"a","event":"e","event_id":"c"}]}""")).IsOk();

        Assert.Equal(
            ["a 1970-01-01T00:00:01.000Z", "b 2024-06-01T12:00:00.000Z", "c 2024-06-01T12:00:00.000Z"],
            home.Query("SELECT event_id || ' ' || timestamp FROM events ORDER BY 1"));
    }

    [Theory]
    [InlineData(-1, "2024-06-01T12:04:59.999Z")]
    [InlineData(0, "2024-06-01T12:05:00.000Z")]
    [InlineData(1, "2024-06-01T12:05:00.000Z")]
    [InlineData(176_000_000_000, "2024-06-01T12:05:00.000Z")]
    public async Task A_time_of_receipt_is_at_most_five_minutes_ahead_of_this_clock(long beyond, string timestamp)
    {
        var received = ServerApp.Start.ToUnixTimeMilliseconds() + (5 * 60_000) + beyond;
        var reply = await RelayAsync($$"""{"format":1,"items":[{"type":"track","received":{{received}},"event_id":"a","item":{"glue_user_id":"a","event":"e"} }]}""");

        Assert.Equal("""[{"status":"stored"}]""", reply.IsOk().Json["results"]!.ToJsonString());
        Assert.Equal([timestamp], home.Query("SELECT timestamp FROM events"));
        Assert.Equal([timestamp], home.Query("SELECT last_seen FROM users"));
    }

    [Theory]
    [InlineData(0, "stored")]
    [InlineData(1, "rejected")]
    public async Task A_time_of_an_event_is_a_day_beyond_that_at_the_most(long beyond, string status)
    {
        var (clock, day) = (ServerApp.Start.ToUnixTimeMilliseconds(), 86_400_000);
        var reply = await RelayAsync(
            $$"""{"format":1,"items":[{"type":"track","received":{{clock + day}},"event_id":"a","item":{"glue_user_id":"a","event":"e","timestamp":{{clock + 300_000 + day + beyond}} } }]}""");

        Assert.Equal(status, (string?)reply.IsOk().Json["results"]![0]!["status"]);
    }

    [Fact]
    public async Task The_same_relay_twice_stores_once()
    {
        const string Body = """
            {"format":1,"items":[{"type":"track","received":1,"event_id":"made","item":{"glue_user_id":"a","event":"e"}},
              {"type":"identify","received":2,"event_id":"i","item":{"glue_user_id":"a","email":"a@example.com"}},
              {"type":"sync","received":3,"event_ids":["in"],"item":{"glue_user_id":"a","data":{"profile":{"plan":"x"},"events":[{"event":"s"}],"sessions":[{"id":"s"}]}}}]}
            """;
        (await RelayAsync(Body)).IsOk();
        var before = home.Contents();

        var reply = await RelayAsync(Body);

        Assert.Equal("""[{"status":"duplicate"},{"status":"duplicate","new_user":false},{"status":"stored"}]""", reply.IsOk().Json["results"]!.ToJsonString());
        Assert.Equal(before, home.Contents());
    }

    [Fact]
    public async Task A_live_report_and_one_that_sends_its_id_back_come_to_the_same_in_either_order()
    {
        using var other = new ServerApp(("API_KEY", HomeAndEdge.Key));
        other.Client.DefaultRequestHeaders.Add("x-api-key", HomeAndEdge.Key);
        const string Live = """{"type":"track","received":1704376800000,"event_id":"made","item":{"glue_user_id":"a","event":"e","timestamp":1704376800000,"email":"a@example.com","context":{"utm_source":"google"}}}""";
        const string Synced = """{"type":"sync","received":1704376900000,"event_ids":[null],"item":{"glue_user_id":"a","synced_at":1704376900000,"data":{"events":[{"event":"e","event_id":"made","timestamp":1704376800000,"context":{"gclid":"g"}}]}}}""";

        await RelayAllAsync(home, [Live, Live, Synced, Live]);
        await RelayAllAsync(other, [Synced, Synced, Live, Live]);

        Assert.Equal(home.Journeys(), other.Journeys());
        Assert.Equal(["1"], home.Query("SELECT count(*) FROM events"));
        Assert.Equal(["a@example.com"], other.Query("SELECT email FROM events"));
    }

    [Fact]
    public async Task An_id_of_another_visitors_changes_nothing_though_a_server_has_made_it()
    {
        await RelayAllAsync(home, ["""{"type":"identify","received":1,"event_id":"taken","item":{"glue_user_id":"a","email":"a@example.com"}}""",
            """{"type":"track","received":1,"event_id":"taken-too","item":{"glue_user_id":"a","event":"e"}}"""]);
        var before = home.Contents();

        var reply = await RelayAsync("""{"format":1,"items":[{"type":"track","received":1,"event_id":"taken-too","item":{"glue_user_id":"b","event":"e"}}]}""");

        Assert.Equal(409, (int)reply.IsOk().Json["results"]![0]!["code"]!);
        Assert.Equal(before, home.Contents());
    }

    [Fact]
    public async Task Any_order_and_any_repetition_of_what_an_edge_has_named_comes_to_the_same()
    {
        using var edge = HomeAndEdge.EdgeOfNobody();
        using var other = new ServerApp(("API_KEY", HomeAndEdge.Key));
        other.Client.DefaultRequestHeaders.Add("x-api-key", HomeAndEdge.Key);
        foreach (var body in LiveAndSynced(30))
        {
            edge.Clock.Advance(TimeSpan.FromSeconds(1));
            (await edge.BatchAsync(body)).IsOk();
        }

        var items = edge.Query("SELECT item FROM outbox ORDER BY id");
        await RelayAllAsync(home, items);
        var orders = Gen.Int[1, 3].Array[items.Count].SelectMany(times => Gen.Shuffle(items.SelectMany((item, i) => Enumerable.Repeat(item, times[i])).ToList()));
        await orders.SampleAsync(
            async order =>
            {
                await RelayAllAsync(other, order);
                Assert.Equal(home.Journeys(), other.Journeys());
                Forget(other);
            },
            iter: 12,
            threads: 1);
    }

    [Fact]
    public async Task Whatever_a_holder_of_the_key_relays_is_answered()
    {
        var bodies = new ValidBodies(new Visitors(100));
        var item = Gen.Select(Gen.OneOf("track", "sync", "identify"), Gen.OneOf(bodies.Track, bodies.Identify, bodies.Sync), Gen.Int[0, 3], (type, body, ids) =>
            $$"""{"type":"{{type}}","received":1704376800000,"event_id":"made-{{ids}}","event_ids":[{{string.Join(',', Enumerable.Repeat("\"in\"", ids))}}],"item":{{body}} }""");
        var relay = Gen.Select(item.Array[0, 4], JsonMutation.Any.Array[0, 2], (items, changes) =>
            changes.Aggregate(Encoding.UTF8.GetBytes($$"""{"format":1,"items":[{{string.Join(',', items)}}]}"""), (body, change) => change.Apply(body)));
        var stored = 0;

        await relay.SampleAsync(
            async body =>
            {
                var reply = await home.PostAsync("/glue/relay", body, "application/json");
                Assert.True(reply.Status is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotImplemented, $"{reply.Status} {reply.Body}");
                stored += reply.Status == HttpStatusCode.OK ? reply.Json["results"]!.AsArray().Count(result => (string)result!["status"]! != "rejected") : 0;
            },
            iter: 1_000,
            threads: 1);

        Assert.True(stored > 50, $"only {stored} items were stored");
    }

    [Theory]
    [InlineData("""{"format":2,"items":[{"no":"idea"}]}""", 501, "This home reads relays of format 1, and this one has 2; bring the home to the version of the edge")]
    [InlineData("""{"items":[],"format":9007199254740993}""", 501, "This home reads relays of format 1, and this one has 9007199254740993; bring the home to the version of the edge")]
    [InlineData("""{"format":0,"items":[]}""", 400, "format must be 1")]
    [InlineData("""{"format":"1","items":[]}""", 400, "format must be 1")]
    [InlineData("""{"items":[]}""", 400, "format must be 1")]
    [InlineData("""{"format":1,"items":{}}""", 400, "items must be an array")]
    [InlineData("""{"format":1,"format":1}""", 400, "The key 'format' appears twice")]
    [InlineData("7", 400, "The body must be a JSON object")]
    public async Task A_body_that_is_none_is_refused_whole(string body, int status, string error) =>
        (await RelayAsync(body)).IsError((HttpStatusCode)status, error);

    [Theory]
    [InlineData(1_000, HttpStatusCode.OK)]
    [InlineData(1_001, HttpStatusCode.BadRequest)]
    public async Task It_holds_a_thousand_items(int count, HttpStatusCode status)
    {
        var items = string.Join(',', Enumerable.Repeat("""{"type":"track","received":1,"event_id":"x","item":{"glue_user_id":"a","event":"e"}}""", count));

        Assert.Equal(status, (await RelayAsync($$"""{"format":1,"items":[{{items}}]}""")).Status);
    }

    [Theory]
    [InlineData(8 * 1024 * 1024, false)]
    [InlineData(8 * 1024 * 1024, true)]
    public async Task It_takes_eight_megabytes(int length, bool compressed)
    {
        var head = """{"format":1,"items":[{"type":"track","received":1,"event_id":"x","item":{"glue_user_id":"a","event":"e","properties":{"x":""" + "\"";
        const string Tail = "\"}}}]}";
        var body = head + new string('x', length - head.Length - Tail.Length) + Tail;
        using var content = compressed ? Compressed.Content("gzip", Encoding.UTF8.GetBytes(body)) : new ByteArrayContent(Encoding.UTF8.GetBytes(body));

        (await Reply.ReadAsync(await home.Client.PostAsync(home.Address("/glue/relay"), content))).IsOk();
        Assert.Equal(["1"], home.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task Only_a_key_opens_it()
    {
        const string Body = """{"format":1,"items":[]}""";
        using var keyless = new ServerApp();
        using var http = new HttpClient();
        (await keyless.PostAsync("/glue/relay", Body)).IsError(
            HttpStatusCode.Unauthorized, "This is answered to holders of a key alone; set API_KEY at this server, and send it in the header x-api-key");
        home.Client.DefaultRequestHeaders.Remove("x-api-key");
        Assert.Equal(HttpStatusCode.Unauthorized, (await RelayAsync(Body)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await home.SendAsync("POST", "/glue/relay", Body, ("Origin", "https://shop.example"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await home.SendAsync("POST", "/glue/relay", Body, ("x-api-key", "wrong"))).Status);
        (await home.SendAsync("POST", "/glue/relay", Body, ("x-api-key", HomeAndEdge.Key))).IsOk();
    }

    [Fact]
    public async Task It_says_which_database_it_is_and_answers_nobody_who_looks_for_another()
    {
        var id = Assert.Single(home.Query("SELECT value FROM server_state WHERE name = 'database_id'"));
        Assert.Matches("^[0-9a-f]{32}$", id);

        var reply = await home.SendAsync("POST", "/glue/relay", """{"format":1,"items":[]}""", ("x-glue-home", id));

        Assert.Equal($$"""{"success":true,"format":1,"database_id":"{{id}}","results":[]}""", reply.IsOk().Body);
        (await home.SendAsync("POST", "/glue/relay", """{"format":1,"items":[]}""", ("x-glue-home", "0" + id[1..] + "x"))).IsError(
            HttpStatusCode.MisdirectedRequest, "This is another database than the one that the edge knows as its home");
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await home.SendAsync("GET", "/glue/user/a", null, ("x-glue-home", "other"))).Status);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await home.SendAsync("GET", "/healthz", null, ("x-glue-home", "other"))).Status);

        // An edge of a later version asks for what this one does not have: it is the home's answer nevertheless.
        foreach (var (method, path, status) in new[] { ("GET", "/glue/later", HttpStatusCode.NotFound), ("PUT", "/glue/user/a", HttpStatusCode.MethodNotAllowed) })
        {
            var unknown = await home.SendAsync(method, path, null, ("x-glue-home", id));
            Assert.Equal((status, id), (unknown.Status, unknown.Message.Headers.GetValues("x-glue-home").Single()));
        }
    }

    [Theory]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("HEAD", "/readyz", 200)]
    [InlineData("GET", "/openapi.json", 200)]
    [InlineData("GET", "/glue/user/a", 401)]
    [InlineData("GET", "/glue/nothing", 404)]
    [InlineData("POST", "/glue/relay", 401)]
    [InlineData("POST", "/glue/track", 200)]
    public async Task Without_the_right_key_nothing_is_said_of_the_database_and_nothing_read_for_it(string method, string path, int status)
    {
        home.Client.DefaultRequestHeaders.Remove("x-api-key");
        var id = Assert.Single(home.Query("SELECT value FROM server_state WHERE name = 'database_id'"));
        var body = method == "POST" ? """{"glue_user_id":"a","event":"e"}""" : null;

        foreach (var expected in new[] { id, "another" })
        {
            var reply = await home.SendAsync(method, path, body, ("x-glue-home", expected), ("Origin", "https://shop.example"));
            Assert.Equal((status, null), ((int)reply.Status, reply.Header("x-glue-home")));
        }
    }

    public void Dispose() => home.Dispose();

    private static string Rejected(string error) =>
        new JsonObject { ["status"] = "rejected", ["code"] = 400, ["error"] = error }.ToJsonString(new(System.Text.Json.JsonSerializerOptions.Default) { Encoder = ServerJson.Encoder });

    // Events that are reported live without an id, and by a sync with one or without: the two must meet whichever comes first.
    private static IEnumerable<string> LiveAndSynced(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var item = $$""" "event":"view","session_id":"s","timestamp":{{1_704_376_800_000 + (i * 1_000)}},"properties":{"n":{{i}} } """;
            yield return $$"""
                {"batch":[{"type":"track","glue_user_id":"u{{i % 3}}",{{item}},"context":{"utm_source":"s{{i % 4}}"} },{"type":"identify","glue_user_id":"u{{i % 3}}","email":"e{{i % 5}}@example.com","traits":{"n":{{i}} } },
                  {"type":"sync","glue_user_id":"u{{i % 3}}","synced_at":1704376900000,"data":{"events":[{"event_id":"own{{i}}",{{item}},"context":{"gclid":"g{{i % 4}}"} },{"event":"only","properties":{"n":{{i}} } }],"sessions":[{"id":"s"}]} }]}
                """;
        }
    }

    private static async Task RelayAllAsync(ServerApp app, IEnumerable<string> items)
    {
        foreach (var part in items.Chunk(7))
        {
            var reply = await app.PostAsync("/glue/relay", $$"""{"format":1,"items":[{{string.Join(',', part)}}]}""");
            Assert.All(reply.IsOk().Json["results"]!.AsArray(), result => Assert.NotEqual("rejected", (string)result!["status"]!));
        }
    }

    private static void Forget(ServerApp app)
    {
        foreach (var table in new[] { "users", "events", "identities", "sessions" })
        {
            app.Query("DELETE FROM " + table);
        }
    }

    private Task<Reply> RelayAsync(string body) => home.PostAsync("/glue/relay", body);
}
