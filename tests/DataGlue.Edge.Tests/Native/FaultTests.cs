using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>
/// The disk, the file or its lock fails under the running server: callers, probes and the log are told why, nothing that was acknowledged
/// is lost, nothing that was refused is stored, and service comes back with the end of the cause.
/// </summary>
[Collection(nameof(NativeTests))]
public sealed class FaultTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const string Unreadable = """{"success":false,"error":"The database cannot be read at present; ask again a little later"}""";

    // A disk is to be filled to its last byte.
    private static readonly (string Name, string Value) NoBound = ("MIN_FREE_MB", "0");

    private readonly TempFolder folder = new();

    private DatabaseFile Database => new(folder.File("data/dataglue.db"));

    [Fact]
    public async Task A_full_disk_stores_nothing_by_halves_and_is_served_again_when_there_is_room()
    {
        NativeBinary.SkipWithout();
        var disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        using var server = await ServerProcess.StartAsync(binary, folder.Path, [NoBound], await SmallDisk.BeforeAsync(disk));
        var seen = SmallDisk.Seen(server, disk);
        await File.WriteAllBytesAsync(seen + "/ballast", new byte[500_000]);
        var client = new EventClient(server);
        var watch = new FaultWatch(server, client);
        foreach (var filler in new[] { new string('x', 20_000), "" })
        {
            while (await client.SendAsync(filler))
            {
                // Until nothing fits, the small ones neither.
            }
        }

        await watch.RefusesAsync("the disk is full");
        Assert.Equal(client.Acknowledged.Count, await EventsAsync(server));
        var fitted = client.Acknowledged.Count;
        File.Delete(seen + "/ballast");
        await watch.ServesAgainAsync();

        Assert.Equal(client.Acknowledged.Count, await EventsAsync(server));
        Directory.CreateDirectory(folder.File("data"));
        foreach (var name in new[] { "dataglue.db", "dataglue.db-wal" })
        {
            File.Copy($"{seen}/data/{name}", folder.File("data/" + name));
        }

        client.IsThatOf(Database);
        output.WriteLine($"{fitted} events fitted, {client.Refused.Count} were refused");
    }

    [Fact]
    public async Task A_start_on_a_full_disk_says_so()
    {
        NativeBinary.SkipWithout();
        var disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        string[] before = [.. await SmallDisk.BeforeAsync(disk), "sh", "-c", "cat /dev/zero 2>/dev/null >filler; exec \"$0\""];
        using var server = ServerProcess.Launch(binary, folder.Path, [], before);

        Assert.Equal(1, await server.ExitAsync());
        Assert.Equal(
            $"DATABASE_PATH must be a SQLite database that can be written, or a new file, not '{disk}/data/dataglue.db': the disk is full (SQLite Error 13: 'database or disk is full'.)",
            Assert.Single(server.Errors));
    }

    [Fact]
    public async Task A_home_that_was_killed_on_a_full_disk_starts_again_and_reads()
    {
        NativeBinary.SkipWithout();
        using var disk = await LastingDisk.MountAsync(Directory.CreateDirectory(folder.File("disk")).FullName, 3);
        List<string> stored;
        using (var full = await ServerProcess.StartAsync(binary, folder.Path, [NoBound], disk.Before))
        {
            var client = new EventClient(full);
            foreach (var filler in new[] { new string('x', 20_000), "" })
            {
                while (await client.SendAsync(filler))
                {
                    // Until nothing fits, the small ones neither.
                }
            }

            stored = [.. client.Acknowledged];
            await full.KillAsync();
        }

        using var again = await ServerProcess.StartAsync(binary, folder.Path, [NoBound], disk.Before);
        Assert.Equal(stored.Count, await EventsAsync(again));
    }

    [Theory]
    [InlineData("pwrite64:error=EIO", "the disk fails")]
    [InlineData("pwrite64:error=ENOSPC", "the disk is full")]
    public async Task A_disk_that_fails_is_told_and_served_again_when_it_works(string fault, string reason)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            var client = new EventClient(server);
            var watch = new FaultWatch(server, client);
            Assert.True(await client.SendAsync());
            using (await Strace.InjectAsync(server, fault))
            {
                await watch.RefusesAsync(reason);
                await ReadsOrSaysSoAsync(server);
            }

            await watch.ServesAgainAsync();
            Assert.Equal(client.Acknowledged.Count, await EventsAsync(server));
            Assert.Equal(0, await server.TerminateAsync());
            client.IsThatOf(Database);
        }
    }

    [Fact]
    public async Task Of_a_disk_that_fails_now_and_then_each_write_is_as_it_was_told()
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        var watch = new FaultWatch(server, client);
        using (await Strace.InjectAsync(server, "pwrite64:error=EIO:when=7+23"))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                for (var i = 0; i < 40; i++)
                {
                    await client.SendAsync();
                }
            }));
        }

        await watch.ServesAgainAsync();
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(Database);
        Assert.NotEmpty(client.Refused);
        output.WriteLine($"{client.Acknowledged.Count} acknowledged, {client.Refused.Count} refused; {watch.Told("The database takes no writes")} lines in the log");
    }

    [Fact]
    public async Task While_another_process_holds_the_lock_reads_go_on()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        var watch = new FaultWatch(server, client);
        Assert.True(await client.SendAsync());
        await using (await Database.LockAsync())
        {
            var write = client.SendAsync();
            (await server.GetAsync("/readyz")).IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes: a write has waited for 2 s");
            Assert.False(write.IsCompleted);
            Assert.Equal(1, await EventsAsync(server));
            Assert.False(await write);
            await watch.RefusesAsync("another process holds the lock of the database", writes: 0);
            Assert.Equal(1, await EventsAsync(server));
        }

        await watch.ServesAgainAsync();
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(Database);
    }

    public void Dispose() => folder.Dispose();

    private static async Task<int> EventsAsync(ServerProcess server) =>
        (int)(await server.GetAsync($"/glue/user/{EventClient.User}?limit=1")).IsOk().Json["user"]!["total_events"]!;

    private static async Task ReadsOrSaysSoAsync(ServerProcess server)
    {
        for (var i = 0; i < 20; i++)
        {
            var reply = await server.GetAsync($"/glue/user/{EventClient.User}");
            Assert.True(reply.Status == HttpStatusCode.OK || (reply.Status == HttpStatusCode.ServiceUnavailable && reply.Body == Unreadable), reply.Body);
        }
    }
}
