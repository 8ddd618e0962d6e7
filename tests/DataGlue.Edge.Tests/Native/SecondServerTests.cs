using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>One server has a database, however its path is written: a second one refuses to start, until the first has ended in whatever way.</summary>
[Collection(nameof(NativeTests))]
public sealed class SecondServerTests(NativeBinary binary) : IDisposable
{
    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Theory]
    [InlineData("data/dataglue.db")]
    [InlineData("./data/../data/dataglue.db")]
    [InlineData("folder/dataglue.db")]
    [InlineData("link.db")]
    [InlineData("data/link.db")]
    public async Task A_second_server_is_refused_and_the_first_serves_on(string path)
    {
        NativeBinary.SkipWithout();
        using var first = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(first);
        Assert.True(await client.SendAsync());
        Directory.CreateSymbolicLink(folder.File("folder"), folder.File("data"));
        File.CreateSymbolicLink(folder.File("link.db"), folder.File("folder/dataglue.db"));
        File.CreateSymbolicLink(folder.File("data/link.db"), "dataglue.db");

        using (var second = ServerProcess.Launch(binary, folder.Path, new() { ["DATABASE_PATH"] = path, ["PORT"] = $"{ServerApp.FreePort()}" }))
        {
            Assert.Equal(1, await second.ExitAsync());
            Assert.Matches($"^DATABASE_PATH must be the database of one server, and another one runs on '{folder.Path}/.*dataglue.db'; stop it first$", Assert.Single(second.Errors));
            Assert.Empty(second.Log);
        }

        Assert.True(DatabaseLock.IsHeld(DatabasePath));
        Assert.True(await client.SendAsync());
        Assert.Equal(0, await first.TerminateAsync());
        Assert.False(DatabaseLock.IsHeld(DatabasePath));
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Fact]
    public async Task The_lock_ends_with_a_process_that_is_killed()
    {
        NativeBinary.SkipWithout();
        using var first = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.True(await new EventClient(first).SendAsync());
        await first.KillAsync();

        Assert.False(DatabaseLock.IsHeld(DatabasePath));
        using var second = await ServerProcess.StartAsync(binary, folder.Path);
        (await second.GetAsync("/readyz")).IsOk();
        Assert.True(DatabaseLock.IsHeld(DatabasePath));
    }

    [Fact]
    public async Task Who_looks_for_it_does_not_keep_a_server_from_its_start()
    {
        NativeBinary.SkipWithout();
        Assert.False(DatabaseLock.IsHeld(DatabasePath));
        using (var first = await ServerProcess.StartAsync(binary, folder.Path))
        {
            Assert.Equal(0, await first.TerminateAsync());
        }

        using var end = new CancellationTokenSource();
        var looking = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                DatabaseLock.IsHeld(DatabasePath);
            }
        });
        using var second = await ServerProcess.StartAsync(binary, folder.Path);
        await end.CancelAsync();
        await looking;

        Assert.True(DatabaseLock.IsHeld(DatabasePath));
    }

    [Fact]
    public async Task Two_databases_in_one_folder_have_a_server_each()
    {
        NativeBinary.SkipWithout();
        using var first = await ServerProcess.StartAsync(binary, folder.Path);
        using var second = await ServerProcess.StartAsync(binary, folder.Path, [("DATABASE_PATH", "data/other.db")]);

        (await first.GetAsync("/readyz")).IsOk();
        (await second.GetAsync("/readyz")).IsOk();
    }

    public void Dispose() => folder.Dispose();
}
