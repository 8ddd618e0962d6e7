using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>A 200 means committed and fsynced, whatever happens to the process next.</summary>
[Collection(nameof(NativeTests))]
public sealed partial class DurabilityTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 50;

    private const int Kills = 8;

    private const int Clients = 24;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Kill_9_loses_nothing_that_was_acknowledged_and_doubles_nothing_that_was_retried()
    {
        NativeBinary.SkipWithout();
        var acknowledged = new ConcurrentDictionary<string, bool>();
        var unanswered = new ConcurrentDictionary<int, string>();
        var sent = 0;
        for (var round = 0; round < Rounds; round++)
        {
            using var server = await ServerProcess.StartAsync(binary, folder.Path);
            var clients = Enumerable.Range(0, Clients).Select(client => WriteUntilKilledAsync(server, client)).ToArray();
            await Task.Delay(100 + (round * 37 % 200));
            await server.KillAsync();
            await Task.WhenAll(clients);
        }

        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            await Task.WhenAll(unanswered.Keys.Select(client => SendAsync(server, client)));
            await CountersEqualRowsAsync(server);
            Assert.Equal(0, await server.TerminateAsync());
        }

        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        var stored = database.Query("SELECT event_id FROM events");
        Assert.Empty(acknowledged.Keys.Except(stored));
        Assert.Empty(stored.Except(acknowledged.Keys));
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Equal(["ok"], database.Query("PRAGMA integrity_check"));
        output.WriteLine($"{Rounds} kills, {acknowledged.Count} acknowledged events, none lost, none doubled");

        async Task WriteUntilKilledAsync(ServerProcess server, int client)
        {
            try
            {
                while (true)
                {
                    await SendAsync(server, client);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // Killed: what this client has sent and heard nothing of is sent again, under its id, in the next round.
            }
        }

        async Task SendAsync(ServerProcess server, int client)
        {
            var id = unanswered.GetOrAdd(client, _ => $"{client}-{Interlocked.Increment(ref sent)}");
            var write = Interlocked.Increment(ref sent);
            var reply = (write % 3) switch
            {
                0 => await server.PostAsync("/glue/sync", $$"""{"glue_user_id":"u{{client}}","synced_at":{{write}},"data":{"profile":{"n":{{write}} },"sessions":[{"id":"y{{write % 7}}"}],"events":[{"event":"e","event_id":"{{id}}","session_id":"s{{write % 5}}"}]} }"""),
                1 => await server.PostAsync("/glue/batch", $$"""{"batch":[{"type":"identify","glue_user_id":"u{{client}}","email":"e{{write % 3}}@example.com","traits":{"n":{{write}} } },{"type":"track","glue_user_id":"u{{client}}","event":"e","event_id":"{{id}}","context":{"utm_source":"s{{write % 4}}"} }]}"""),
                _ => await server.PostAsync("/glue/track", $$"""{"glue_user_id":"u{{client}}","event":"e","event_id":"{{id}}","session_id":"s{{write % 5}}"}"""),
            };
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            Assert.True(acknowledged.TryAdd(id, true));
            unanswered.TryRemove(client, out _);
        }
    }

    [Theory]
    [InlineData("pwrite64")]
    [InlineData("fsync")]
    public async Task A_kill_in_the_middle_of_a_commit_leaves_it_whole_or_undone(string call)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        var acknowledged = new ConcurrentDictionary<string, bool>();
        var unanswered = new ConcurrentDictionary<int, string>();
        for (var kill = 1; kill <= Kills; kill++)
        {
            using var server = await ServerProcess.StartAsync(binary, folder.Path);
            using var strace = await Strace.InjectAsync(server, $"{call}:signal=SIGKILL:when={kill * kill}");
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => SendUntilKilledAsync(server, client)));
            Assert.Equal(128 + 9, await server.ExitAsync());
        }

        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            await Task.WhenAll(unanswered.Keys.Select(client => SendAsync(server, client)));
            Assert.Equal(0, await server.TerminateAsync());
        }

        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        Assert.Equal(["ok"], database.Query("PRAGMA integrity_check"));
        Assert.Equal(acknowledged.Keys.Order(), database.Query("SELECT event_id FROM events").Order());
        output.WriteLine($"{Kills} kills at {call}, {acknowledged.Count} acknowledged events, none lost, none doubled");

        async Task SendUntilKilledAsync(ServerProcess server, int client)
        {
            try
            {
                while (true)
                {
                    await SendAsync(server, client);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // Killed: it goes out again under its id in the next round.
            }
        }

        async Task SendAsync(ServerProcess server, int client)
        {
            var id = unanswered.GetOrAdd(client, _ => $"{client}-{acknowledged.Count}");
            (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"u{{client}}","event":"e","event_id":"{{id}}"}""")).IsOk();
            Assert.True(acknowledged.TryAdd(id, true));
            unanswered.TryRemove(client, out _);
        }
    }

    [Fact]
    public async Task The_log_is_synced_to_disk_before_the_first_byte_of_the_reply()
    {
        NativeBinary.SkipWithout();
        Assert.SkipUnless(Tools.Has("strace"), "needs strace (apt install strace)");
        var trace = folder.File("trace");
        using (var server = await ServerProcess.StartAsync(
            binary, folder.Path, "strace", "-f", "-y", "-s", "40", "-o", trace, "-e", "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"))
        {
            for (var i = 0; i < 20; i++)
            {
                (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"a","event":"e","event_id":"{{i}}"}""")).IsOk();
                (await server.PostAsync("/glue/identify", $$"""{"glue_user_id":"a","email":"{{i}}@example.com"}""")).IsOk();
                (await server.PostAsync("/glue/sync", $$"""{"glue_user_id":"a","data":{"sessions":[{"id":"{{i}}"}]} }""")).IsOk();
                (await server.PostAsync("/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"e"}]}""")).IsOk();
            }
        }

        Assert.Equal(80, RepliesAfterSync(File.ReadLines(trace)));
    }

    public void Dispose() => folder.Dispose();

    // Requests come one after the other, so that all between two replies belongs to the second.
    private static int RepliesAfterSync(IEnumerable<string> trace)
    {
        var replies = 0;
        var written = false;
        var synced = false;
        var syncing = new HashSet<string>();
        foreach (var line in trace)
        {
            var thread = line.Split(' ', 2)[0];
            if (line.Contains("pwrite64(", StringComparison.Ordinal) && line.Contains("-wal>", StringComparison.Ordinal))
            {
                written = true;
                synced = false;
            }
            else if (SyncOfLog().IsMatch(line) && line.Contains("<unfinished", StringComparison.Ordinal))
            {
                syncing.Add(thread);
            }
            else if ((SyncOfLog().IsMatch(line) || (line.Contains("sync resumed", StringComparison.Ordinal) && syncing.Remove(thread)))
                && line.EndsWith("= 0", StringComparison.Ordinal))
            {
                synced = true;
            }
            else if (line.Contains("HTTP/1.1 200", StringComparison.Ordinal))
            {
                Assert.True(written && synced, $"reply {replies} was sent before its sync: {line}");
                replies++;
                written = false;
                synced = false;
            }
        }

        return replies;
    }

    private static async Task CountersEqualRowsAsync(ServerProcess server)
    {
        for (var client = 0; client < Clients; client++)
        {
            var journey = (await server.GetAsync($"/glue/user/u{client}")).IsOk().Json;
            var events = journey["events"]!.AsArray();
            Assert.Equal(events.Count, (int)journey["user"]!["total_events"]!);
            Assert.Equal(events.Count, (int)journey["summary"]!["total_events"]!);
            var sessions = events.Select(item => (string?)item!["session_id"]).Where(id => id is not null).Distinct().Count();
            Assert.InRange((int)journey["user"]!["total_sessions"]!, sessions, sessions + 7);
        }
    }

    [GeneratedRegex(@"\bf(data)?sync\(\d+<[^>]*-wal>")]
    private static partial Regex SyncOfLog();
}
