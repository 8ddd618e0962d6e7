using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>What one request of a stranger may cost: rows, bytes of the database, and steps of SQLite's virtual machine, each with its bound. Where others have
/// written before, the request follows upon all that would make it dear.</summary>
[Collection(nameof(NativeTests))]
public sealed partial class StrangerTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const long Epoch = 1_704_376_800_000;

    private static readonly TimeSpan ScrapeCache = TimeSpan.FromMilliseconds(400);

    private readonly TempFolder folder = new();

    /// <summary>The name of the case, its status, and how many rows, bytes and steps it may cost.</summary>
    public static TheoryData<string, HttpStatusCode, long, long, long> Bounds => new()
    {
        { "a health check that claims to come from an edge", HttpStatusCode.OK, 0, 0, 0 },
        { "a read without a key", HttpStatusCode.Unauthorized, 0, 0, 0 },
        { "a body that decompresses to a thousand times what came", HttpStatusCode.RequestEntityTooLarge, 0, 0, 0 },
        { "an event", HttpStatusCode.OK, 2, 8_192, 400 },
        { "an event of 64 KiB", HttpStatusCode.OK, 2, 81_920, 400 },
        { "an event with every touch key at its longest", HttpStatusCode.OK, 2, 163_840, 400 },
        { "the same event again", HttpStatusCode.OK, 0, 0, 600 },
        { "an event before two thousand others", HttpStatusCode.OK, 1, 8_192, 600 },
        { "an event under an id of somebody else", HttpStatusCode.Conflict, 0, 0, 1_000 },
        { "an event under an id of a thousand syncs", HttpStatusCode.OK, 2, 8_192, 400 },
        { "an identification under an id of a thousand syncs", HttpStatusCode.OK, 2, 8_192, 500 },
        { "another report of an event", HttpStatusCode.OK, 0, 8_192, 2_500 },
        { "an identification", HttpStatusCode.OK, 2, 8_192, 500 },
        { "an identification with 256 traits", HttpStatusCode.OK, 258, 32_768, 10_000 },
        { "an identification before two thousand others", HttpStatusCode.OK, 2, 8_192, 3_500 },
        { "an identification of a profile of a thousand traits", HttpStatusCode.OK, 2, 8_192, 120_000 },
        { "an identification of a profile of a thousand long traits", HttpStatusCode.OK, 2, 81_920, 120_000 },
        { "a batch of a thousand events", HttpStatusCode.OK, 2_000, 1_000_000, 400_000 },
        { "the same batch again", HttpStatusCode.OK, 0, 0, 600_000 },
        { "a batch of sliding traits", HttpStatusCode.OK, 101 + (100 * 250), 2_500_000, 9_000_000 },
        { "a sync of five thousand events", HttpStatusCode.OK, 5_001, 1_600_000, 1_900_000 },
        { "a sync of a thousand events that were tracked live", HttpStatusCode.OK, 0, 65_536, 1_400_000 },
        { "a sync of five thousand sessions", HttpStatusCode.OK, 5_000, 800_000, 300_000 },
        { "a sync of a profile with touches", HttpStatusCode.OK, 3, 8_192, 4_500 },
    };

    [Theory]
    [MemberData(nameof(Bounds))]
    public async Task A_request_costs_no_more_than_its_bound(string name, HttpStatusCode status, long rows, long bytes, long steps)
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path, [("RATE_LIMIT", "0"), ("EVENT_LIMIT", "0"), ("API_KEY", "a-key"), ("WRITE_KEYS", "a-page")]);
        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        var (before, request) = Case(name);
        foreach (var (path, body) in before)
        {
            await SendAsync(server, new Request(path, body));
        }

        var (rowsBefore, bytesBefore, stepsBefore) = await CostsAsync(server, database);
        var found = await SendAsync(server, request);

        // A scrape is answered with the one before it for a while.
        await Task.Delay(ScrapeCache);
        var (rowsAfter, bytesAfter, stepsAfter) = await CostsAsync(server, database);

        output.WriteLine($"{name}: {rowsAfter - rowsBefore} rows, {bytesAfter - bytesBefore} bytes, {stepsAfter - stepsBefore} steps");
        Assert.Equal(status, found);

        // What a step may read: the values that stand beside the keys are short, or a step could read 64 KiB.
        Assert.InRange(int.Parse(database.Query("SELECT coalesce(max(octet_length(value)), 0) FROM traits")[0], CultureInfo.InvariantCulture), 0, 512);
        Assert.InRange(rowsAfter - rowsBefore, 0, rows);
        Assert.InRange(bytesAfter - bytesBefore, 0, bytes);
        Assert.InRange(stepsAfter - stepsBefore, 0, steps);
    }

    [Fact]
    public async Task A_small_request_is_answered_while_dear_ones_are_at_work()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path, [("RATE_LIMIT", "0"), ("EVENT_LIMIT", "0")]);
        var dear = Enumerable.Range(0, 4).Select(k => SendAsync(server, new Request("/glue/batch", Batch(120, i => Identify($"d{k}-{i}", 250, i * 10, Epoch + i, "identify"))))).ToList();

        // They are in the queue once the first of their rows is stored.
        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        await Poll.UntilAsync(() => Task.FromResult(database.Query("SELECT count(*) FROM identities")[0] != "0"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await SendAsync(server, new Request("/glue/track", Track($"small-{i}", "another"))));
        }

        Assert.Contains(dear, request => !request.IsCompleted);
        Assert.All(await Task.WhenAll(dear), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task A_large_request_is_answered_while_small_ones_keep_coming()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path, [("RATE_LIMIT", "0"), ("EVENT_LIMIT", "0")]);
        using var isAnswered = new CancellationTokenSource();
        var small = Enumerable.Range(0, 4).Select(async client =>
        {
            // Each fills a transaction.
            for (var k = 0; k < 100 && !isAnswered.IsCancellationRequested; k++)
            {
                var number = k;
                Assert.Equal(HttpStatusCode.OK, await SendAsync(server, new Request("/glue/batch", Batch(60, i => Identify($"s{client}-{number}-{i}", 250, i * 10, Epoch + i, "identify")))));
            }

            return isAnswered.IsCancellationRequested;
        }).ToList();

        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        await Poll.UntilAsync(() => Task.FromResult(database.Query("SELECT count(*) FROM identities")[0] != "0"));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(server, new Request("/glue/batch", Batch(200, i => Track($"large-{i}", "another", "track")))));
        await isAnswered.CancelAsync();

        // Those that came to their end before have kept nobody waiting.
        Assert.All(await Task.WhenAll(small), Assert.True);
    }

    public void Dispose() => folder.Dispose();

    // What came before, and the request.
    private static (List<(string Path, string Body)> Before, Request Request) Case(string name) => name switch
    {
        "a health check that claims to come from an edge" => ([], new Request("/healthz", null) { Header = ("x-glue-home", "z") }),
        "a read without a key" => ([], new Request("/glue/user/v", null)),
        "a body that decompresses to a thousand times what came" => ([], new Request("/glue/sync", SyncOf(5_000, _ => """{"event":"e"}""", "[]")) { IsCompressed = true }),
        "an event" => ([], new Request("/glue/track", Track("e1"))),
        "an event of 64 KiB" => ([], new Request("/glue/track", $$"""{"glue_user_id":"v","event":"e","properties":{"a":"{{new string('a', 65_000)}}"} }""")),
        "an event with every touch key at its longest" => ([], new Request("/glue/track", $$"""{"glue_user_id":"v","event":"e","context":{{LongTouch()}} }""")),
        "the same event again" => ([("/glue/track", Track("e1"))], new Request("/glue/track", Track("e1"))),
        "an event before two thousand others" => (History(), new Request("/glue/track", Track("e1"))),
        "an event under an id of somebody else" => ([("/glue/track", Track("e1", "another"))], new Request("/glue/track", Track("e1"))),
        "an event under an id of a thousand syncs" => (SyncsOf("e1"), new Request("/glue/track", Track("e1"))),
        "an identification under an id of a thousand syncs" => (SyncsOf("i"), new Request("/glue/identify", Identify("i", 0))),
        "another report of an event" => (History(), new Request("/glue/track", Track("t500"))),
        "an identification" => ([], new Request("/glue/identify", Identify("i", 0))),
        "an identification with 256 traits" => ([], new Request("/glue/identify", Identify("i", 256))),
        "an identification before two thousand others" => (History(), new Request("/glue/identify", Identify("i", 1))),
        "an identification of a profile of a thousand traits" => (
            [.. Enumerable.Range(0, 4).Select(i => ("/glue/identify", Identify($"i{i}", 250, i * 250, Epoch + i)))], new Request("/glue/identify", Identify("late", 1))),
        "an identification of a profile of a thousand long traits" => (LongTraits(), new Request("/glue/identify", Identify("late", 1))),
        "a batch of a thousand events" => ([], new Request("/glue/batch", Batch(1_000, i => Track($"b{i}", $"v{i}", "track")))),
        "the same batch again" => (
            [("/glue/batch", Batch(1_000, i => Track($"b{i}", $"v{i}", "track")))], new Request("/glue/batch", Batch(1_000, i => Track($"b{i}", $"v{i}", "track")))),
        "a batch of sliding traits" => ([], new Request("/glue/batch", Batch(100, i => Identify($"i{i}", 250, i * 10, Epoch + i, "identify")))),
        "a sync of five thousand events" => ([], new Request("/glue/sync", SyncOf(5_000, i => $$"""{"event":"e","event_id":"s{{i}}"}""", "[]"))),
        "a sync of a thousand events that were tracked live" => (
            [("/glue/batch", Batch(1_000, _ => $$"""{"type":"track","glue_user_id":"v","event":"e","timestamp":{{Epoch}} }"""))],
            new Request("/glue/sync", SyncOf(1_000, i => $$"""{"event":"e","event_id":"s{{i}}","timestamp":{{Epoch}} }""", "[]"))),
        "a sync of five thousand sessions" => ([], new Request("/glue/sync", SyncOf(0, _ => "", $"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $$"""{"id":"{{i}}"}"""))}]"))),
        "a sync of a profile with touches" => (History(), new Request(
            "/glue/sync",
            """{"glue_user_id":"v","synced_at":1704376800001,"data":{"profile":{"email":"s@example.com","last_seen":1704376800002,"attribution":{"first_touch":{"utm_source":"y","timestamp":1704376800003},"last_touch":{"utm_source":"z","timestamp":1704376800004}}}}}""")),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such case"),
    };

    // The ids of syncs are their visitors' own affair, so many may have the same.
    private static List<(string Path, string Body)> SyncsOf(string id) =>
        [("/glue/batch", Batch(1_000, i => $$"""{"type":"sync","glue_user_id":"s{{i}}","event_id":"{{id}}","data":{"profile":{"plan":"pro"} } }"""))];

    // Of one visitor: a thousand events with touches, and as many identifications, with traits and e-mails that change.
    private static List<(string Path, string Body)> History() =>
    [
        ("/glue/batch", Batch(1_000, i => $$"""{"type":"track","glue_user_id":"v","event":"e","event_id":"t{{i}}","timestamp":{{Epoch + 5_000 + i}},"context":{"utm_source":"s{{i}}"} }""")),
        ("/glue/batch", Batch(1_000, i => $$"""{"type":"identify","glue_user_id":"v","email":"e{{i}}@example.com","event_id":"h{{i}}","timestamp":{{Epoch + 5_000 + i}},"traits":{"k{{i % 5}}":{{i}}} }""")),
    ];

    // A thousand keys, a hundred of 600 bytes and the others of 16 KiB.
    private static List<(string Path, string Body)> LongTraits() => [.. Enumerable.Range(0, 20).Select(k => ("/glue/batch", Batch(
        50, i => $$"""{"type":"identify","glue_user_id":"v","email":"v@example.com","event_id":"l{{k}}-{{i}}","timestamp":{{Epoch + (k * 50) + i}},"traits":{"k{{k:00}}{{i}}":"{{new string('x', k < 2 ? 600 : 16_384)}}"} }""")))];

    private static string Track(string id, string user = "v", string? type = null) =>
        "{" + TypeOf(type) + $$""" "glue_user_id":"{{user}}","event":"e","event_id":"{{id}}","timestamp":{{Epoch}},"context":{"utm_source":"x"} }""";

    private static string TypeOf(string? type) => type is null ? "" : $"\"type\":\"{type}\",";

    private static string Identify(string id, int traits, int firstKey = 0, long timestamp = Epoch - 1, string? type = null)
    {
        var keys = $"{{{string.Join(',', Enumerable.Range(firstKey, traits).Select(key => $"\"k{key}\":{key}"))}}}";
        return "{" + TypeOf(type) + $$""" "glue_user_id":"v","email":"v@example.com","event_id":"{{id}}","timestamp":{{timestamp}},"traits":{{keys}} }""";
    }

    private static string LongTouch()
    {
        var value = new string('a', 4_000);
        string[] keys =
        [
            "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id",
        ];
        return "{" + string.Join(',', keys.Select(key => $"\"{key}\":\"{value}\"")) + "}";
    }

    private static string Batch(int count, Func<int, string> item) => $$"""{"batch":[{{string.Join(',', Enumerable.Range(0, count).Select(item))}}]}""";

    private static string SyncOf(int count, Func<int, string> item, string sessions) =>
        $$"""{"glue_user_id":"v","synced_at":{{Epoch}},"data":{"events":[{{string.Join(',', Enumerable.Range(0, count).Select(item))}}],"sessions":{{sessions}} } }""";

    private static async Task<HttpStatusCode> SendAsync(ServerProcess server, Request request)
    {
        using var message = new HttpRequestMessage(request.Body is null ? HttpMethod.Get : HttpMethod.Post, request.Path);
        if (request.Body is { } body)
        {
            message.Headers.Add("x-api-key", "a-page");
            message.Content = request.IsCompressed ? Compressed.Content("gzip", Encoding.UTF8.GetBytes(body)) : new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (request.Header is var (name, value))
        {
            message.Headers.Add(name, value);
        }

        using var response = await server.Client.SendAsync(message);
        return response.StatusCode;
    }

    private static async Task<(long Rows, long Bytes, long Steps)> CostsAsync(ServerProcess server, DatabaseFile database)
    {
        var rows = database.Query("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM identities) + (SELECT count(*) FROM users) + (SELECT count(*) FROM traits) + (SELECT count(*) FROM long_traits) + (SELECT count(*) FROM sessions)");
        var bytes = database.Query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
        var metrics = await server.SendAsync("GET", "/metrics", null, ("x-api-key", "a-key"));
        var steps = StepsLine().Match(metrics.Body) is { Success: true } match ? match.Groups[1].Value : "0";
        return (long.Parse(rows[0], CultureInfo.InvariantCulture), long.Parse(bytes[0], CultureInfo.InvariantCulture), long.Parse(steps, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^dataglue_commit_steps_total\S* (\d+)", RegexOptions.Multiline)]
    private static partial Regex StepsLine();

    private sealed record Request(string Path, string? Body)
    {
        public (string Name, string Value)? Header { get; init; }
        public bool IsCompressed { get; init; }
    }
}
