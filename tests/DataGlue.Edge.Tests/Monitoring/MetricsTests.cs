using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Monitoring;

/// <summary>In the native binary: a library that works under JIT may not there, and in one process the meters of several servers would be one.</summary>
[Collection(nameof(NativeTests))]
public sealed partial class MetricsTests(NativeBinary binary) : IDisposable
{
    private const string Key = "a-key-of-the-owner";

    private readonly TempFolder folder = new();
    private ServerProcess? server;

    [Fact]
    public async Task Writes_are_counted_by_what_became_of_them()
    {
        await StartAsync();
        var before = await ReadAsync();

        (await server!.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e","event_id":"1"}""")).IsOk();
        (await server!.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e","event_id":"1"}""")).IsOk();
        (await server!.PostAsync("/glue/identify", """{"glue_user_id":"a","email":"a@example.com"}""")).IsOk();
        Assert.Equal(HttpStatusCode.Conflict, (await server!.PostAsync("/glue/track", """{"glue_user_id":"b","event":"e","event_id":"1"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await server!.PostAsync("/glue/track", "{}")).Status);
        (await server!.PostAsync("/glue/sync", """{"glue_user_id":"a","data":{"events":[{"event":"e","event_id":"1"},{"event":"e","event_id":"2"},{"event":7}]}}""")).IsOk();
        (await server!.PostAsync(
            "/glue/batch",
            """
            {"batch":[{"type":"track","glue_user_id":"a","event":"e","event_id":"2"},{"type":"track","glue_user_id":"a","event":"e","event_id":"3"},{"type":"x"},
              {"type":"sync","glue_user_id":"a","data":{"events":[{"event":"e","event_id":"3"},{"event":"e","event_id":"4"},{}]}}]}
            """)).IsOk();

        var after = await ReadAsync();
        Assert.Equal(5, Grown("stored"));
        Assert.Equal(4, Grown("duplicate"));
        Assert.Equal(5, Grown("rejected"));

        double Grown(string result) => Value(after, "dataglue_writes_total", $"result=\"{result}\"") - Value(before, "dataglue_writes_total", $"result=\"{result}\"");
    }

    [Fact]
    public async Task Requests_commits_queue_files_and_memory_are_measured()
    {
        await StartAsync();
        (await server!.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        Assert.Equal(HttpStatusCode.BadRequest, (await server!.PostAsync("/glue/track", "{")).Status);
        (await server!.GetAsync("/glue/user/a")).IsOk();
        await server!.GetAsync("/nothing");

        var metrics = await ReadAsync();

        Assert.True(Value(metrics, "http_server_request_duration_seconds_count", "http_route=\"/glue/track\"", "code=\"200\"", "method=\"POST\"") >= 1);
        Assert.True(Value(metrics, "http_server_request_duration_seconds_count", "http_route=\"/glue/track\"", "code=\"400\"") >= 1);
        Assert.True(Value(metrics, "http_server_request_duration_seconds_count", "http_route=\"/glue/user/{glue_user_id}\"", "code=\"200\"") >= 1);
        Assert.True(Value(metrics, "http_server_request_duration_seconds_bucket", "http_route=\"/glue/track\"", "code=\"200\"", "le=\"+Inf\"") >= 1);
        Assert.True(Value(metrics, "dataglue_commit_duration_seconds_count") >= 1);
        Assert.True(Value(metrics, "dataglue_commit_writes_sum") >= 1);
        Assert.Equal(0, Value(metrics, "dataglue_queue_requests"));
        Assert.Equal(0, Value(metrics, "dataglue_queue_size_bytes"));
        Assert.Equal(new FileInfo(folder.File("data/dataglue.db")).Length, Value(metrics, "dataglue_database_size_bytes"));
        Assert.Equal(new FileInfo(folder.File("data/dataglue.db-wal")).Length, Value(metrics, "dataglue_database_wal_size_bytes"));
        Assert.InRange(Value(metrics, "dotnet_process_memory_working_set_bytes"), 10_000_000, 2_000_000_000);
        Assert.All(metrics, line => Assert.Matches(Line(), line));
    }

    [Fact]
    public async Task A_stranger_cannot_make_up_series()
    {
        await StartAsync();
        for (var i = 0; i < 30; i++)
        {
            await server!.SendAsync($"MADE-UP-{i}", $"/made/up/{i}?x={i}");
            await server!.SendAsync("GET", $"/glue/user/made-up-{i}");
        }

        var metrics = string.Join('\n', await ReadAsync());

        Assert.DoesNotContain("made", metrics, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("http_request_method=\"_OTHER\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_they_need_it_or_come_on_their_own_port_where_nothing_else_is_served()
    {
        var port = ServerApp.FreePort();
        await StartAsync(("API_KEY", Key), ("METRICS_PORT", port.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await server!.GetAsync("/metrics")).Status);
        Assert.Contains("dataglue_queue_requests", (await server!.SendAsync("GET", "/metrics", null, ("x-api-key", Key))).IsOk().Body, StringComparison.Ordinal);

        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var scraped = await Reply.ReadAsync(await client.GetAsync("/metrics"));
        Assert.Contains("dataglue_queue_requests", scraped.IsOk().Body, StringComparison.Ordinal);
        Assert.StartsWith("text/plain", scraped.Header("Content-Type"), StringComparison.Ordinal);
        foreach (var path in new[] { "/glue/user/a", "/healthz", "/openapi.json", "/" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await Reply.ReadAsync(await client.GetAsync(path))).Status);
        }

        using var body = new StringContent("""{"glue_user_id":"a","event":"e"}""");
        body.Headers.Add("x-api-key", Key);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/glue/track", body)).StatusCode);
    }

    public void Dispose()
    {
        server?.Dispose();
        folder.Dispose();
    }

    private async Task StartAsync(params (string Name, string Value)[] settings)
    {
        NativeBinary.SkipWithout();
        server = await ServerProcess.StartAsync(binary, folder.Path, settings);
    }

    private async Task<string[]> ReadAsync()
    {
        // The exporter keeps what it has read for a moment.
        await Task.Delay(400);
        var text = (await server!.GetAsync("/metrics")).IsOk().Body;
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).ToArray();
    }

    private static double Value(string[] metrics, string name, params string[] tags)
    {
        var line = metrics.SingleOrDefault(line => line.StartsWith(name + "{", StringComparison.Ordinal) && tags.All(tag => line.Contains(tag, StringComparison.Ordinal)));
        return line is null ? 0 : double.Parse(line.Split("} ")[^1].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""^[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [-+0-9.eEInfNa]+( \d+)?$""")]
    private static partial Regex Line();
}
