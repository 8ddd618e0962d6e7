using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>What the program makes is its user's alone, and durable under its name. What is there keeps its rights.</summary>
[Collection(nameof(NativeTests))]
[SupportedOSPlatform("linux")]
public sealed class RightsTests(NativeBinary binary) : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const int OpenToOthers = 20;

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Fact]
    public async Task The_database_its_log_its_folder_and_its_backup_are_its_users_alone()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path, "sh", "-c", "umask 000; exec \"$0\"");
        Assert.True(await new EventClient(server).SendAsync());
        (await CommandRun.RunAsync(binary, folder.Path, [], ["sh", "-c", "umask 000; exec \"$0\" \"$@\""], "backup", "copy.db")).IsOk();

        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.File("data")));
        Assert.All(["", "-wal", "-shm", "-lock"], suffix => Assert.Equal(Owner, File.GetUnixFileMode(DatabasePath + suffix)));
        Assert.Equal(Owner, File.GetUnixFileMode(folder.File("copy.db")));
        Assert.Equal(0, await server.TerminateAsync());
        Assert.Equal(0, Warnings(server));
    }

    [Fact]
    public async Task The_outbox_and_its_reserve_are_its_users_alone()
    {
        NativeBinary.SkipWithout();
        using var region = new Region(binary);
        var edge = await region.StartEdgeAsync("http://127.0.0.1:9");
        (await edge.TrackAsync("u", "1")).IsOk();

        Assert.All(["", "-wal", "-shm", "-lock", "-reserve"], suffix => Assert.Equal(Owner, File.GetUnixFileMode(edge.DatabasePath + suffix)));
    }

    [Theory]
    [InlineData(Owner, 0)]
    [InlineData(Owner | UnixFileMode.GroupRead, 1)]
    [InlineData(Owner | UnixFileMode.OtherRead, 1)]
    [InlineData(Owner | UnixFileMode.GroupWrite, 1)]
    public async Task A_database_that_is_there_keeps_its_rights_which_one_line_tells(UnixFileMode rights, int lines)
    {
        NativeBinary.SkipWithout();
        using (var first = await ServerProcess.StartAsync(binary, folder.Path))
        {
            Assert.Equal(0, await first.TerminateAsync());
        }

        File.SetUnixFileMode(DatabasePath, rights);
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.True(await new EventClient(server).SendAsync());

        Assert.All(["", "-wal", "-shm"], suffix => Assert.Equal(rights, File.GetUnixFileMode(DatabasePath + suffix)));
        Assert.Equal(0, await server.TerminateAsync());
        Assert.Equal(lines, Warnings(server));
    }

    [Fact]
    public async Task The_names_of_a_new_folder_and_of_the_database_are_synced_before_the_port_is_open()
    {
        NativeBinary.SkipWithout();
        Assert.SkipUnless(Tools.Has("strace"), "needs strace (apt install strace)");
        var trace = folder.File("trace");
        using (var server = await ServerProcess.StartAsync(
            binary, folder.Path, [("DATABASE_PATH", "a/b/data.db")], "strace", "-f", "-y", "-o", trace, "-e", "trace=mkdir,mkdirat,openat,fsync,listen"))
        {
            (await server.GetAsync("/readyz")).IsOk();
        }

        var calls = await File.ReadAllLinesAsync(trace);
        var listens = At("listen(");
        foreach (var (made, parent) in new[] { ("/a\"", ""), ("/a/b\"", "/a"), ("/a/b/data.db\"", "/a/b") })
        {
            var at = At($"\"{folder.Path}{made}");
            var synced = Array.FindIndex(calls, at, line => line.Contains("fsync(", StringComparison.Ordinal) && line.Contains($"<{folder.Path}{parent}>", StringComparison.Ordinal));
            Assert.InRange(synced, at, listens);
        }

        int At(string text) => Array.FindIndex(calls, line => line.Contains(text, StringComparison.Ordinal));
    }

    public void Dispose() => folder.Dispose();

    private static int Warnings(ServerProcess server) => server.Log.Count(line => (int)JsonNode.Parse(line)!["EventId"]! == OpenToOthers);
}
