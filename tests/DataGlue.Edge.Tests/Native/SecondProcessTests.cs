using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>
/// The server beside a process that replicates its database as Litestream 0.5 does: no write is refused or lost, and the write-ahead log is
/// not restarted while that process reads, so that it finds in it every frame since its last checkpoint.
/// </summary>
[Collection(nameof(NativeTests))]
public sealed class SecondProcessTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    // The server's own checkpoint comes after so many pages.
    private const int PagesOfCheckpoint = 15_000;

    private const int PageSize = 4_096;

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Fact]
    public async Task While_it_reads_the_server_does_not_restart_the_log_not_even_at_its_end()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        Assert.True(await client.SendAsync());
        await using (var second = await SecondProcess.ReadAsync(DatabasePath))
        {
            var salt = await SecondProcess.SaltAsync(DatabasePath);
            while (new FileInfo(DatabasePath + "-wal").Length < 2L * PagesOfCheckpoint * PageSize)
            {
                Assert.True(await client.SendAsync(new string('x', 50_000)));
            }

            Assert.Equal(salt, await SecondProcess.SaltAsync(DatabasePath));
            Assert.Equal(0, await server.TerminateAsync());
            Assert.Equal(salt, await SecondProcess.SaltAsync(DatabasePath));
            Assert.InRange(new FileInfo(DatabasePath + "-wal").Length, 2L * PagesOfCheckpoint * PageSize, long.MaxValue);
        }

        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Fact]
    public async Task Its_checkpoints_and_locks_refuse_no_write_and_lose_none()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        await using var second = await SecondProcess.ReadAsync(DatabasePath);
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!end.IsCancellationRequested)
            {
                await client.SendAsync(new string('x', 1_000));
            }
        }).ToArray();
        for (var round = 0; round < 20; round++)
        {
            var sent = client.Acknowledged.Count;
            await Poll.UntilAsync(() => Task.FromResult(client.Acknowledged.Count > sent + 200));
            second.Checkpoint(round % 5 == 4 ? "TRUNCATE" : "PASSIVE");
            if (round % 5 == 2)
            {
                await second.LockAsync(TimeSpan.FromSeconds(1));
            }
        }

        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(client.Refused);
        await second.DisposeAsync();
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
        (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
        output.WriteLine($"{client.Acknowledged.Count} acknowledged, none refused");
    }

    [Fact]
    public async Task The_database_has_the_settings_that_it_needs()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);

        Assert.Equal(["wal"], new DatabaseFile(DatabasePath).Query("PRAGMA journal_mode"));
        Assert.Equal([$"{PageSize}"], new DatabaseFile(DatabasePath).Query("PRAGMA page_size"));
    }

    public void Dispose() => folder.Dispose();
}
