using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Security;

/// <summary>EVENT_LIMIT: what an address may make of rows in a minute, whatever requests they come in.</summary>
public sealed class EventLimitTests : IDisposable
{
    private const string Key = "a-key-of-the-owner";

    private const int Limit = 10;

    private ServerApp? app;

    public static TheoryData<string, string, int> Costs => new()
    {
        { "/glue/track", """{"glue_user_id":"a","event":"e"}""", 1 },
        { "/glue/identify", """{"glue_user_id":"a","email":"a@example.com"}""", 1 },
        { "/glue/identify", Traits(9), 1 },
        { "/glue/identify", Traits(10), 2 },
        { "/glue/identify", Traits(79), 8 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":""" + Object(19) + "}}", 2 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"plan":"pro","traits":""" + Object(19) + "}}}", 3 },
        { "/glue/sync", """{"glue_user_id":"a","data":{}}""", 1 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{}}}""", 1 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"glue_user_id":"a","total_events":5}}}""", 1 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"email":"a@example.com"},"events":[{"event":"x"}]}}""", 2 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"plan":"pro"},"sessions":[{"id":"s"},{"id":"t"}]}}""", 3 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"traits":{"a":1}},"sessions":[{"id":"s"}]}}""", 2 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"first_seen":1704376800000},"events":[{"event":"x"}]}}""", 2 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"attribution":{"first_touch":{"utm_source":"x"}}},"events":[{"event":"x"}]}}""", 2 },
        { "/glue/sync", """{"glue_user_id":"a","data":{"events":[{"event":"x"},{"event":"y"},{"event":""}],"sessions":[{"id":"s"}]}}""", 3 },
        { "/glue/batch", """{"batch":[]}""", 0 },
        { "/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"e"},{"type":"track","event":"e"},{"type":"sync","glue_user_id":"a","data":{"events":[{"event":"x"},{"event":"y"}]}},{"type":"identify","glue_user_id":"a","email":"a@example.com"}]}""", 4 },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public async Task Each_write_takes_what_it_makes(string path, string body, int cost)
    {
        Start();
        (await app!.PostAsync(path, body)).IsOk();

        (await TracksAsync(Limit - cost)).IsOk();
        await RefusedAsync(1, 6);
    }

    [Fact]
    public async Task It_fills_again_steadily_and_says_when_there_is_enough()
    {
        Start();
        (await TracksAsync(Limit)).IsOk();

        await RefusedAsync(1, 6);
        await RefusedAsync(3, 18);
        await RefusedAsync(Limit, 60);
        app!.Clock.Advance(TimeSpan.FromSeconds(5.999));
        await RefusedAsync(1, 1);
        app.Clock.Advance(TimeSpan.FromSeconds(0.001));
        (await TracksAsync(1)).IsOk();
        await RefusedAsync(1, 6);
        app.Clock.Advance(TimeSpan.FromHours(1));
        (await TracksAsync(Limit)).IsOk();
        await RefusedAsync(1, 6);
    }

    [Fact]
    public async Task A_larger_request_is_taken_from_a_full_allowance_and_paid_for_by_the_minutes_that_follow()
    {
        Start();
        (await TracksAsync(1)).IsOk();

        // Of the whole allowance one is missing, which comes back in six seconds.
        await RefusedAsync(35, 6);
        app!.Clock.Advance(TimeSpan.FromSeconds(6));
        (await TracksAsync(35)).IsOk();

        // 35 were taken of 10: it takes 25 more to come to nothing, and one to be one.
        await RefusedAsync(1, 26 * 6);
        await RefusedAsync(35, 35 * 6);
        app.Clock.Advance(TimeSpan.FromSeconds((26 * 6) - 1));
        await RefusedAsync(1, 1);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        (await TracksAsync(1)).IsOk();
    }

    [Fact]
    public async Task What_is_refused_stores_nothing_and_takes_nothing()
    {
        Start();
        (await TracksAsync(Limit - 1)).IsOk();
        var before = app!.Contents();

        await RefusedAsync(2, 6);
        Assert.Equal(HttpStatusCode.BadRequest, (await app.PostAsync("/glue/track", """{"event":"e"}""")).Status);
        Assert.Equal(before, app.Contents());
        (await TracksAsync(1)).IsOk();
    }

    [Fact]
    public async Task Holders_of_a_secret_key_and_relays_are_exempt_and_those_of_a_write_key_are_not()
    {
        Start(("API_KEY", Key), ("WRITE_KEYS", "a-key-of-the-pages"), ("RELAY_KEY", "a-key-of-the-edges"));

        (await TracksAsync(100, ("x-api-key", Key))).IsOk();
        (await TracksAsync(100, ("x-api-key", Key))).IsOk();
        (await TracksAsync(Limit, ("x-api-key", "a-key-of-the-pages"))).IsOk();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await TracksAsync(1, ("x-api-key", "a-key-of-the-pages"))).Status);
        var items = string.Join(',', Enumerable.Range(0, 50).Select(i => $$"""{"type":"track","received":1704376800000,"event_id":"r{{i}}","item":{"glue_user_id":"a","event":"e"} }"""));
        (await app!.SendAsync("POST", "/glue/relay", $$"""{"format":1,"items":[{{items}}]}""", ("x-api-key", "a-key-of-the-edges"))).IsOk();
    }

    [Fact]
    public async Task Addresses_have_an_allowance_each()
    {
        Start(("TRUSTED_PROXIES", "127.0.0.1"));

        for (var i = 1; i <= 4; i++)
        {
            (await TracksAsync(Limit, ("X-Forwarded-For", $"198.51.100.{i}"))).IsOk();
            Assert.Equal(HttpStatusCode.TooManyRequests, (await TracksAsync(1, ("X-Forwarded-For", $"198.51.100.{i}"))).Status);
        }
    }

    [Fact]
    public async Task An_edge_takes_it_of_the_visitor_and_its_home_of_nobody()
    {
        using var home = new ServerApp(("API_KEY", Regions.HomeAndEdge.Key), ("EVENT_LIMIT", "1"));
        using var edge = Regions.HomeAndEdge.EdgeOf(home.Url, ("EVENT_LIMIT", "10"), ("ALLOWED_ORIGINS", "https://shop.example"));
        edge.Client.DefaultRequestHeaders.Remove("x-api-key");
        app = edge;

        (await TracksAsync(Limit, ("Origin", "https://shop.example"))).IsOk();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await TracksAsync(1, ("Origin", "https://shop.example"))).Status);
        await Poll.UntilAsync(() => Task.FromResult(home.Query("SELECT count(*) FROM events")[0] == "10"));
        app = null;
    }

    [Fact]
    public async Task Zero_turns_it_off()
    {
        Start(("EVENT_LIMIT", "0"));

        for (var i = 0; i < 5; i++)
        {
            (await TracksAsync(1_000)).IsOk();
        }
    }

    public void Dispose() => app?.Dispose();

    private static string Traits(int keys) => """{"glue_user_id":"a","email":"a@example.com","traits":""" + Object(keys) + "}";

    private static string Object(int keys) => $"{{{string.Join(',', Enumerable.Range(0, keys).Select(key => $"\"k{key}\":{key}"))}}}";

    private void Start(params (string Name, string Value)[] settings) =>
        app = new ServerApp([("EVENT_LIMIT", Limit.ToString(CultureInfo.InvariantCulture)), .. settings]);

    // So many events in one request; none is none.
    private Task<Reply> TracksAsync(int count, params (string Name, string Value)[] headers)
    {
        var items = Enumerable.Range(0, count).Select(_ => JsonNode.Parse("""{"type":"track","glue_user_id":"a","event":"e"}"""));
        return app!.SendAsync("POST", "/glue/batch", new JsonObject { ["batch"] = new JsonArray([.. items]) }.ToJsonString(), headers);
    }

    private async Task RefusedAsync(int count, int seconds)
    {
        var reply = await TracksAsync(count);
        reply.IsError(HttpStatusCode.TooManyRequests, $"More than {Limit} events in a minute from this address; wait as long as Retry-After says");
        Assert.Equal(seconds.ToString(CultureInfo.InvariantCulture), reply.Header("Retry-After"));
    }
}
