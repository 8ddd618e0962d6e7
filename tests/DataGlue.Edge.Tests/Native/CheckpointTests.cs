using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>The write-ahead log is moved into the database when it has grown. Where that fails, no write is refused or lost, and the operator is told.</summary>
[Collection(nameof(NativeTests))]
public sealed class CheckpointTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const long MiB = 1024 * 1024;

    // The server moves its log after 15,000 pages.
    private const long Due = 15_000L * 4_096;

    private const int Fails = 21;

    private const int Ends = 22;

    private readonly TempFolder folder = new();
    private readonly ConcurrentBag<string> late = [];

    private string DatabasePath => folder.File("data/dataglue.db");

    private long LogLength => new FileInfo(DatabasePath + "-wal").Length;

    [Fact]
    public async Task A_log_that_has_grown_is_moved_into_the_database_and_begun_anew()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        await WriteAsync(client, () => new FileInfo(DatabasePath).Length < 2 * Due);

        Assert.InRange(LogLength, Due - MiB, 70 * MiB);
        Assert.Matches(@"(?m)^dataglue_checkpoint_duration_seconds_count\{[^}]*\} [1-9]", (await server.GetAsync("/metrics")).IsOk().Body);
        Assert.Empty(Messages(server, Fails));
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Theory]
    [InlineData("EIO", "SQLite error 10, the disk fails")]
    [InlineData("ENOSPC", "SQLite error 13, the disk is full")]
    public async Task A_database_file_that_cannot_be_written_is_told_once_and_refuses_no_write(string error, string reason)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        await WriteAsync(client, () => LogLength < Due - (4 * MiB));
        using (await Strace.InjectAsync(server, $"pwrite64:error={error}", DatabasePath))
        {
            await WriteAsync(client, () => !Messages(server, Fails).Any());
            await WriteAsync(client, () => LogLength < Due + (10 * MiB));
            (await server.GetAsync("/readyz")).IsOk();
        }

        await WriteAsync(client, () => !Messages(server, Ends).Any());
        Assert.Matches($"^The write-ahead log has [0-9]+ MB and cannot be moved into the database: {reason}$", Assert.Single(Messages(server, Fails)));
        Assert.Matches("^The write-ahead log is moved into the database again, after [0-9]+ s$", Assert.Single(Messages(server, Ends)));
        Assert.Matches(@"(?m)^dataglue_checkpoint_failures_total\{[^}]*\} [1-9]", (await server.GetAsync("/metrics")).IsOk().Body);
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Fact]
    public async Task A_long_read_that_holds_the_log_up_is_told_once_and_makes_the_server_unready_at_a_gibibyte()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path, [("MAX_BULK_BYTES", $"{32 * MiB}")]);
        var client = new EventClient(server);
        Assert.True(await client.SendAsync());
        await using (await new DatabaseFile(DatabasePath).ReadAsync())
        {
            // One that ends in time is not worth a line.
            await WriteAsync(client, () => LogLength < Due + (10 * MiB));
            Assert.Empty(Messages(server, Fails));

            var batches = 0;
            while (LogLength < 1024 * MiB)
            {
                (await server.GetAsync("/readyz")).IsOk();
                var items = Enumerable.Range(0, 300).Select(i => $$"""{"type":"track","glue_user_id":"bulk","event":"e","event_id":"b{{batches}}-{{i}}","properties":{"x":"{{new string('x', 60_000)}}"} }""");
                (await server.PostAsync("/glue/batch", $$"""{"batch":[{{string.Join(',', items)}}]}""")).IsOk();
                batches++;
            }

            await Poll.UntilAsync(async () => (await server.GetAsync("/readyz")).Status == HttpStatusCode.ServiceUnavailable);
            Assert.Matches(
                "^The write-ahead log grows: it holds [0-9]+ MB that cannot be moved into the database: another process, or a long read, needs an old state of it$",
                (await server.GetAsync("/readyz")).Error);
            Assert.True(await client.SendAsync());
        }

        await Poll.UntilAsync(async () => (await server.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        Assert.Matches("^The write-ahead log has [0-9]+ MB and cannot be moved into the database: SQLite error 0, another process, or a long read, ", Assert.Single(Messages(server, Fails)));
        await WriteAsync(client, () => !Messages(server, Ends).Any());
        Assert.InRange(LogLength, 0, 70 * MiB);
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_file_that_cannot_be_synced_ends_the_process_and_the_next_moves_all_of_the_log_again(bool atTheEnd)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        await WriteAsync(client, () => LogLength < Due - (4 * MiB));
        using (await Strace.InjectAsync(server, "fsync:error=EIO", DatabasePath))
        {
            if (atTheEnd)
            {
                Assert.Equal(1, await server.TerminateAsync());
            }
            else
            {
                await WriteUntilItEndsAsync(server);
                Assert.Equal(1, await server.ExitAsync());
            }
        }

        var critical = Assert.Single(server.Log, line => (string?)JsonNode.Parse(line)!["LogLevel"] == "Critical");
        Assert.Equal(
            "The process ends, to be started again: the disk has failed to sync the database file when the log was moved into it, so that nobody knows what of it is on the disk",
            (string?)JsonNode.Parse(critical)!["Message"]);
        Assert.InRange(LogLength, Due - (4 * MiB), long.MaxValue);

        using var again = await ServerProcess.StartAsync(binary, folder.Path, ["strace", "-D", "-f", "-y", "-e", "trace=pwrite64,fsync", "-o", folder.File("calls")]);
        Assert.Equal(0, await again.TerminateAsync());
        var calls = (await File.ReadAllLinesAsync(folder.File("calls"))).Where(line => line.Contains($"<{DatabasePath}>", StringComparison.Ordinal)).ToList();
        Assert.InRange(calls.Count, Due / 4_096 / 2, long.MaxValue);
        Assert.Contains("fsync(", calls[^1], StringComparison.Ordinal);
        HoldsAll(client);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5_000)]
    public async Task A_kill_in_the_middle_of_a_checkpoint_loses_nothing(int page)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        await WriteAsync(client, () => LogLength < Due - (4 * MiB));
        using (await Strace.InjectAsync(server, $"pwrite64:signal=SIGKILL:when={page}", DatabasePath))
        {
            await WriteUntilItEndsAsync(server);
            Assert.Equal(128 + 9, await server.ExitAsync());
        }

        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        (await again.GetAsync("/readyz")).IsOk();
        Assert.Equal(0, await again.TerminateAsync());
        HoldsAll(client);
        (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
    }

    public void Dispose() => folder.Dispose();

    private static IEnumerable<string> Messages(ServerProcess server, int id) =>
        server.Log.Select(line => JsonNode.Parse(line)!).Where(line => (int)line["EventId"]! == id).Select(line => (string)line["Message"]!);

    private static Task WriteAsync(EventClient client, Func<bool> goesOn) => Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
    {
        while (goesOn())
        {
            Assert.True(await client.SendAsync(new string('x', 50_000)));
        }
    }));

    // Writes until the server refuses, or is gone.
    private Task WriteUntilItEndsAsync(ServerProcess server) => Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
    {
        try
        {
            for (var i = 0; ; i++)
            {
                var id = $"late-{writer}-{i}";
                if ((await server.PostAsync("/glue/track", $$"""{"glue_user_id":"late","event":"e","event_id":"{{id}}","properties":{"x":"{{new string('x', 50_000)}}"} }""")).Status != HttpStatusCode.OK)
                {
                    return;
                }

                late.Add(id);
            }
        }
        catch (HttpRequestException)
        {
            // Gone: what it was sent last may be stored or not.
        }
    }));

    private void HoldsAll(EventClient client)
    {
        var database = new DatabaseFile(DatabasePath);
        Assert.Equal(["ok"], database.Query("PRAGMA integrity_check"));
        Assert.NotEmpty(client.Acknowledged);
        Assert.Empty(client.Acknowledged.Concat(late).Except(database.Query("SELECT event_id FROM events")));
        output.WriteLine($"{client.Acknowledged.Count + late.Count} acknowledged events, none lost");
    }
}
