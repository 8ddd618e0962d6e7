using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>
/// A failed fsync, or another file at the path of the database, ends the process: every waiting write gets a 503, one line of the log says why, the
/// exit code is 1, and the next start serves. What was acknowledged is there, and a retry with its id settles what was not.
/// </summary>
[Collection(nameof(NativeTests))]
public sealed class FailStopTests(NativeBinary binary) : IDisposable
{
    private const string Moved = "the database file was deleted, moved or replaced";

    private const string Unsynced = "the disk has failed to sync a commit, so that nobody knows what of it is on the disk";

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    private DatabaseFile Database => new(DatabasePath);

    [Fact]
    public async Task After_a_failed_fsync_every_waiting_write_is_refused_and_a_retry_settles_it()
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        for (var i = 0; i < 20; i++)
        {
            Assert.True(await client.SendAsync());
        }

        using (await Strace.InjectAsync(server, "fsync:error=EIO"))
        {
            // The lock holds the writer back, so that all of these wait.
            Task<HttpStatusCode>[] waiting;
            await using (await Database.LockAsync())
            {
                waiting = [.. Enumerable.Range(0, 100).Select(i => StatusAsync(server, $"waiting-{i}"))];
                await Task.Delay(500);
            }

            Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
            await EndsAsync(server, Unsynced);
        }

        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i => Assert.Equal(HttpStatusCode.OK, await StatusAsync(again, $"waiting-{i}"))));
        Assert.Equal(0, await again.TerminateAsync());
        Assert.Equal(["ok"], Database.Query("PRAGMA integrity_check"));
        Assert.Equal(["20", "100"], Database.Query("SELECT count(*) FROM events GROUP BY event_id LIKE 'waiting-%'"));
        Assert.Empty(client.Acknowledged.Except(Database.Query("SELECT event_id FROM events")));
    }

    [Fact]
    public async Task Whenever_an_fsync_fails_no_acknowledged_event_is_lost_and_none_is_doubled()
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        var acknowledged = new List<string>();
        for (var round = 1; round <= 4; round++)
        {
            using var server = await ServerProcess.StartAsync(binary, folder.Path);
            using (await Strace.InjectAsync(server, $"fsync:error=EIO:when={round * 3}"))
            {
                await Task.WhenAll(Enumerable.Range(0, 8).Select(async sender =>
                {
                    for (var i = 0; i < 100; i++)
                    {
                        var id = $"{round}-{sender}-{i}";
                        try
                        {
                            if (await StatusAsync(server, id) != HttpStatusCode.OK)
                            {
                                return;
                            }
                        }
                        catch (HttpRequestException)
                        {
                            // It has ended.
                            return;
                        }

                        lock (acknowledged)
                        {
                            acknowledged.Add(id);
                        }
                    }
                }));
                await EndsAsync(server, Unsynced);
            }
        }

        var stored = Database.Query("SELECT event_id FROM events");
        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Except(stored));
        Assert.Equal(stored.Count, stored.Distinct().Count());
        (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("moved")]
    [InlineData("moved while another process reads")]
    [InlineData("folder moved")]
    [InlineData("backup moved over it")]
    [InlineData("backup moved over it while the database is locked")]
    [InlineData("backup moved over it while another process reads")]
    [InlineData("log deleted")]
    [InlineData("log deleted while another process reads")]
    [InlineData("log replaced")]
    [InlineData("copied back with its log")]
    [InlineData("copied back with its log, and read")]
    public async Task Another_file_at_the_path_ends_the_process_and_no_log_is_taken_for_that_of_another(string how)
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        Assert.True(await client.SendAsync());
        Database.Query($"VACUUM INTO '{folder.File("backup.db")}'");
        for (var i = 0; i < 50; i++)
        {
            Assert.True(await client.SendAsync());
        }

        Assert.NotEqual(0, new FileInfo(DatabasePath + "-wal").Length);
        await using var reading = how.EndsWith("reads", StringComparison.Ordinal) ? await Database.ReadAsync() : null;
        Assert.True(await client.SendAsync());
        await ExchangeAsync(how, server);
        if (how.EndsWith("and read", StringComparison.Ordinal))
        {
            // Some of the readers open what stands at the path now.
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => server.GetAsync($"/glue/user/{EventClient.User}")));
        }

        Assert.False(await client.SendAsync());
        await EndsAsync(server, how.StartsWith("log", StringComparison.Ordinal) ? Moved.Replace("database file", "write-ahead log", StringComparison.Ordinal) : Moved);

        // Nobody can empty the log of a file that is being read: it stands beside, and the log says where.
        var kept = Directory.GetFiles(folder.Path, "dataglue.db.moved-*-wal", SearchOption.AllDirectories);
        Assert.Equal(reading is null ? [] : [$"The file that was moved lacks what stands in its log, which is {kept.FirstOrDefault()} now"], Messages(server, 13));
        Assert.Equal(how.StartsWith("copied", StringComparison.Ordinal) || how == "log replaced", File.Exists(DatabasePath + "-wal"));

        if (how == "log deleted while another process reads")
        {
            await reading!.DisposeAsync();
            File.Move(Assert.Single(kept), DatabasePath + "-wal");
        }

        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(again, "again"));
        Assert.Equal(0, await again.TerminateAsync());
        Assert.Equal(["ok"], Database.Query("PRAGMA integrity_check"));
        string[] expected = how switch
        {
            "deleted" or "folder moved" => ["again"],
            _ when how.StartsWith("moved", StringComparison.Ordinal) => ["again"],
            _ when how.StartsWith("copied", StringComparison.Ordinal) || how.StartsWith("log", StringComparison.Ordinal) => [.. client.Acknowledged, "again"],
            _ => ["1", "again"],
        };
        Assert.Equal(expected.Order(), Database.Query("SELECT event_id FROM events").Order());

        // What was acknowledged is in the file that was moved away, whole.
        if (how.Contains("moved", StringComparison.Ordinal) && !how.StartsWith("backup", StringComparison.Ordinal))
        {
            var former = folder.File(how == "folder moved" ? "away/dataglue.db" : "away.db");
            if (reading is not null)
            {
                await reading.DisposeAsync();
                File.Move(Assert.Single(kept), former + "-wal", overwrite: true);
            }

            var file = new DatabaseFile(former);
            Assert.Equal(["ok"], file.Query("PRAGMA integrity_check"));
            Assert.Equal(client.Acknowledged.Order(), file.Query("SELECT event_id FROM events").Order());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_earlier_process_may_not_have_synced_is_written_and_synced_before_the_first_commit(bool whileAnotherReads)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using var killed = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(killed, "first"));
        await using var reading = whileAnotherReads ? await Database.ReadAsync() : null;
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => StatusAsync(killed, $"{i}")));
        await killed.KillAsync();
        var log = DatabasePath + "-wal";
        var length = new FileInfo(log).Length;
        using var again = await ServerProcess.StartAsync(binary, folder.Path, ["strace", "-D", "-f", "-y", "-e", "trace=pwrite64,fsync", "-o", folder.File("calls")]);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(again, "0"));
        Assert.Equal(0, await again.TerminateAsync());

        var calls = (await File.ReadAllLinesAsync(folder.File("calls")))
            .Where(line => line.Contains($"<{log}>", StringComparison.Ordinal) || line.Contains($"<{DatabasePath}>", StringComparison.Ordinal)).ToList();
        var first = calls.TakeWhile(line => line.Contains($"pwrite64(", StringComparison.Ordinal) && line.Contains($"<{log}>", StringComparison.Ordinal)).ToList();
        Assert.Equal(length, first.Sum(line => long.Parse(line[(line.LastIndexOf('=') + 1)..], CultureInfo.InvariantCulture)));
        Assert.Contains("fsync(", calls[first.Count], StringComparison.Ordinal);
        Assert.Contains($"<{log}>", calls[first.Count], StringComparison.Ordinal);
        (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
    }

    [Fact]
    public async Task A_start_that_cannot_sync_the_log_moves_nothing_of_it_into_the_database()
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using (var killed = await ServerProcess.StartAsync(binary, folder.Path))
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(killed, "1"));
            await killed.KillAsync();
        }

        var (database, log) = (await File.ReadAllBytesAsync(DatabasePath), await File.ReadAllBytesAsync(DatabasePath + "-wal"));
        string[] failing = ["strace", "-f", "-o", "/dev/null", "-P", DatabasePath + "-wal", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"];
        using (var refused = ServerProcess.Launch(binary, folder.Path, [], failing))
        {
            Assert.Equal(1, await refused.ExitAsync());
            Assert.Equal(
                "DATABASE_PATH must be a database that can be written: The write-ahead log cannot be synced: The disk has not synced it: Input/output error", Assert.Single(refused.Errors));
        }

        Assert.Equal(database, await File.ReadAllBytesAsync(DatabasePath));
        Assert.Equal(log, await File.ReadAllBytesAsync(DatabasePath + "-wal"));
        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(0, await again.TerminateAsync());
        Assert.Equal(["1"], Database.Query("SELECT event_id FROM events"));
    }

    [Fact]
    public async Task An_idle_server_finds_out_when_it_is_asked_whether_it_is_ready()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        File.Move(DatabasePath, folder.File("away.db"));

        (await server.GetAsync("/readyz")).IsError(HttpStatusCode.ServiceUnavailable, $"The database takes no writes: {Moved}");
        await EndsAsync(server, Moved);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_is_stopped_finds_out_too(bool whileAnotherReads)
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, "1"));
        Database.Query($"VACUUM INTO '{folder.File("backup.db")}'");
        await using var reading = whileAnotherReads ? await Database.ReadAsync() : null;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, "2"));
        File.Move(folder.File("backup.db"), DatabasePath, overwrite: true);

        Assert.Equal(1, await server.TerminateAsync());
        await EndsAsync(server, Moved);
        Assert.Equal(whileAnotherReads ? 1 : 0, Directory.GetFiles(Path.GetDirectoryName(DatabasePath)!, "*.moved-*-wal").Length);
        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(again, "3"));
        Assert.Equal(0, await again.TerminateAsync());
        Assert.Equal(["ok"], Database.Query("PRAGMA integrity_check"));
        Assert.Equal(["1", "3"], Database.Query("SELECT event_id FROM events ORDER BY 1"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_empties_no_log_whose_database_is_missing(bool empty)
    {
        NativeBinary.SkipWithout();
        using (var killed = await ServerProcess.StartAsync(binary, folder.Path))
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(killed, "1"));
            await killed.KillAsync();
        }

        File.Move(DatabasePath, folder.File("away.db"));
        if (empty)
        {
            await File.WriteAllBytesAsync(DatabasePath, []);
        }

        using (var refused = ServerProcess.Launch(binary, folder.Path, [], []))
        {
            Assert.Equal(1, await refused.ExitAsync());
            Assert.Equal(
                $"DATABASE_PATH must be the database to which '{DatabasePath}-wal' belongs, and there is none; put it there, or move the log away: SQLite would empty it",
                Assert.Single(refused.Errors));
        }

        File.Move(folder.File("away.db"), DatabasePath, overwrite: true);
        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(0, await again.TerminateAsync());
        Assert.Equal(["1"], Database.Query("SELECT event_id FROM events"));
    }

    [Fact]
    public async Task An_edge_ends_too_and_what_waits_is_relayed_by_the_next()
    {
        NativeBinary.SkipWithout();
        using var region = new Region(binary);
        var home = region.Place("home");
        var edge = await region.StartEdgeAsync(home.Url);
        for (var i = 0; i < 20; i++)
        {
            (await edge.TrackAsync("u", $"{i}")).IsOk();
        }

        File.Move(edge.DatabasePath, edge.DatabasePath + ".away");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await edge.TrackAsync("u", "refused")).Status);
        await EndsAsync(edge.Process, Moved);
        File.Move(edge.DatabasePath + ".away", edge.DatabasePath);

        await home.StartAsync();
        await edge.StartAsync();
        await edge.DrainsAsync();
        Assert.Equal(["20"], home.Database.Query("SELECT count(*) FROM events WHERE glue_user_id = 'u'"));
    }

    public void Dispose() => folder.Dispose();

    private async Task ExchangeAsync(string how, ServerProcess server)
    {
        switch (how)
        {
            case "deleted":
                File.Delete(DatabasePath);
                break;
            case "moved" or "moved while another process reads":
                File.Move(DatabasePath, folder.File("away.db"));
                break;
            case "folder moved":
                Directory.Move(folder.File("data"), folder.File("away"));
                break;
            case "log deleted" or "log deleted while another process reads":
                File.Delete(DatabasePath + "-wal");
                break;
            case "log replaced":
                await File.WriteAllBytesAsync(folder.File("other"), []);
                File.Move(folder.File("other"), DatabasePath + "-wal", overwrite: true);
                break;
            case "backup moved over it" or "backup moved over it while another process reads":
                File.Move(folder.File("backup.db"), DatabasePath, overwrite: true);
                break;
            case "backup moved over it while the database is locked":
                await using (await Database.LockAsync())
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(server, "locked"));
                    File.Move(folder.File("backup.db"), DatabasePath, overwrite: true);
                }

                break;
            case "copied back with its log" or "copied back with its log, and read":
                foreach (var file in new[] { DatabasePath, DatabasePath + "-wal" })
                {
                    File.Copy(file, file + ".copy");
                    File.Move(file + ".copy", file, overwrite: true);
                }

                break;
            default:
                throw new ArgumentException(how, nameof(how));
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(ServerProcess server, string id) =>
        (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"v","event":"e","event_id":"{{id}}"}""")).Status;

    private static IEnumerable<string?> Messages(ServerProcess server, int id) =>
        server.Log.Select(line => JsonNode.Parse(line)!).Where(line => (int)line["EventId"]! == id).Select(line => (string?)line["Message"]);

    // One critical line says why, the exit code is 1, and it does not take long.
    private static async Task EndsAsync(ServerProcess server, string reason)
    {
        Assert.Equal(1, await server.ExitAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        var critical = Assert.Single(server.Log, line => (string?)JsonNode.Parse(line)!["LogLevel"] == "Critical");
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"The process ends, to be started again: {reason}"), (string?)JsonNode.Parse(critical)!["Message"]);
        Assert.Empty(server.Errors);
    }
}
