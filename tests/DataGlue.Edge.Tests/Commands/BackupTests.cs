using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>A backup is whole, holds all that was acknowledged before it began, and is there either whole or not at all.</summary>
[Collection(nameof(NativeTests))]
public sealed class BackupTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Clients = 4;

    private readonly TempFolder folder = new();

    private string Copy => folder.File("copy.db");

    [Fact]
    public async Task While_clients_write_it_holds_all_that_was_acknowledged_before()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (!end.IsCancellationRequested)
            {
                Assert.True(await client.SendAsync(new string('x', 2_000)));
            }
        }).ToArray();
        for (var round = 0; round < 5; round++)
        {
            await Poll.UntilAsync(() => Task.FromResult(client.Acknowledged.Count > 400 * (round + 1)));
            var before = client.Acknowledged;
            var run = (await BackupAsync("--force")).IsOk();
            var after = client.Acknowledged.Count;
            Assert.Matches($"^{folder.File("data/dataglue.db")} is copied to {Copy}: [0-9.]+ MB, checked$", Assert.Single(run.Output));
            Assert.Equal("copying: 100 %", run.Errors[^1]);
            Assert.Equal(["copy.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));

            (await CheckAsync(Copy)).IsOk();
            var stored = new DatabaseFile(Copy).Query("SELECT event_id FROM events");
            Assert.Empty(before.Except(stored));
            output.WriteLine($"{before.Count} acknowledged before, {stored.Count} in the copy, {after} acknowledged after");
        }

        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(folder.File("data/dataglue.db")));
    }

    [Fact]
    public async Task What_a_killed_server_has_left_in_its_log_is_in_it()
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(50);

        (await BackupAsync()).IsOk();

        client.IsThatOf(new DatabaseFile(Copy));
        Assert.True(OperatingSystem.IsLinux() && File.GetUnixFileMode(Copy) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal("delete", Assert.Single(new DatabaseFile(Copy).Query("PRAGMA journal_mode")));
    }

    [Theory]
    [InlineData("taken", "'{0}/taken' exists; --force replaces it")]
    [InlineData("data", "'{0}/data' is a folder")]
    [InlineData("data/dataglue.db", "'{0}/data/dataglue.db' is the database itself")]
    [InlineData("data/dataglue.db-wal", "'{0}/data/dataglue.db-wal' is the database itself")]
    [InlineData("away/copy.db", "There is no folder '{0}/away'")]
    [InlineData("taken/copy.db", "There is no folder '{0}/taken'")]
    public async Task A_place_that_cannot_be_meant_is_refused(string file, string sentence)
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(3);
        await File.WriteAllTextAsync(folder.File("taken"), "mine");

        (await CommandRun.RunAsync(binary, folder.Path, "backup", file)).Fails(sentence.Replace("{0}", folder.Path, StringComparison.Ordinal));

        Assert.Equal("mine", await File.ReadAllTextAsync(folder.File("taken")));
        Assert.Equal(["data", "taken"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
        client.IsThatOf(new DatabaseFile(folder.File("data/dataglue.db")));
    }

    [Theory]
    [InlineData("ln -s taken copy.db")]
    [InlineData("ln -s nowhere copy.db")]
    [InlineData("ln -s /dev/null copy.db")]
    [InlineData("mkfifo copy.db")]
    public async Task By_force_it_replaces_a_file_and_nothing_else(string make)
    {
        NativeBinary.SkipWithout();
        await FillAsync(3);
        await File.WriteAllTextAsync(folder.File("taken"), "mine");
        var before = await MakeAsync(make);

        foreach (var options in new string[][] { [], ["--force"] })
        {
            (await BackupAsync(options)).Fails($"'{Copy}' is a link, a device or a pipe, and is not replaced; name a file, or remove it first");
        }

        Assert.Equal(before, await ListAsync());
        Assert.Equal("mine", await File.ReadAllTextAsync(folder.File("taken")));
    }

    [Theory]
    [InlineData("ln -s taken copy.db.partial")]
    [InlineData("ln -s nowhere copy.db.partial")]
    [InlineData("ln -s /dev/null copy.db.partial")]
    [InlineData("mkfifo copy.db.partial")]
    [InlineData("mkdir copy.db.partial")]
    public async Task What_no_run_has_left_under_the_name_of_the_unfinished_copy_is_not_written_to(string make)
    {
        NativeBinary.SkipWithout();
        await FillAsync(3);
        await File.WriteAllTextAsync(folder.File("taken"), "mine");
        var before = await MakeAsync(make);

        (await BackupAsync("--force")).Fails($"'{Copy}.partial' is no file that a former run has left; remove it first");

        Assert.Equal(before, await ListAsync());
        Assert.Equal("mine", await File.ReadAllTextAsync(folder.File("taken")));
    }

    [Theory]
    [InlineData(1, "'{0}' is not copied: the disk fails (SQLite Error 10: 'disk I/O error'.)")]
    [InlineData(2, "The disk has not synced it: Input/output error")]
    public async Task A_copy_that_the_disk_does_not_sync_is_none(int sync, string sentence)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        await FillAsync(3);
        string[] failing = ["strace", "-f", "-o", "/dev/null", "-P", Copy + ".partial", "-e", "trace=fsync", "-e", $"inject=fsync:error=EIO:when={sync}"];

        var run = await CommandRun.RunAsync(binary, folder.Path, [], failing, "backup", "copy.db");

        run.Fails(sentence.Replace("{0}", folder.File("data/dataglue.db"), StringComparison.Ordinal));
        Assert.False(File.Exists(Copy));
    }

    [Fact]
    public async Task A_file_that_has_another_name_too_keeps_what_is_in_it()
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(3);
        await File.WriteAllTextAsync(folder.File("taken"), "mine");
        await MakeAsync("chmod 666 taken && ln taken copy.db.partial && ln -s taken copy.db.partial-wal && ln -s taken copy.db.partial-journal");

        (await BackupAsync()).IsOk();

        Assert.Equal("mine", await File.ReadAllTextAsync(folder.File("taken")));
        Assert.True(OperatingSystem.IsLinux() && File.GetUnixFileMode(Copy) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(["copy.db", "taken"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        client.IsThatOf(new DatabaseFile(Copy));
    }

    [Fact]
    public async Task Of_many_at_once_to_one_place_each_says_what_came_of_it_and_the_copy_is_whole()
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(50, new string('x', 4_000));
        for (var round = 0; round < 5; round++)
        {
            await File.WriteAllTextAsync(Copy + ".partial", "left by a killed run");
            var runs = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => BackupAsync("--force")));

            Assert.Contains(runs, run => run.Code == 0);
            Assert.All(runs.Where(run => run.Code != 0), run => run.Fails($"Another process is making '{Copy}.partial' at this moment"));
            Assert.Equal(["copy.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
            client.IsThatOf(new DatabaseFile(Copy));
        }
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_left_and_the_former_copy_stays()
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(100, new string('x', 40_000));
        var disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        string[] before = [.. await SmallDisk.BeforeAsync(disk), "sh", "-c", "echo former >copy.db; \"$0\" \"$@\"; code=$?; ls -A; cat copy.db; exit $code"];

        var run = await CommandRun.RunAsync(binary, folder.Path, [("DATABASE_PATH", folder.File("data/dataglue.db"))], before, "backup", "copy.db", "--force");

        run.Fails($"'{folder.File("data/dataglue.db")}' is not copied: the disk is full (SQLite Error 13: 'database or disk is full'.)");
        Assert.Equal(["copy.db", "former"], run.Output);
        client.IsThatOf(new DatabaseFile(folder.File("data/dataglue.db")));
    }

    [Theory]
    [InlineData("pwrite64:signal=SIGKILL:when=1")]
    [InlineData("pwrite64:signal=SIGKILL:when=40")]
    [InlineData("fsync:signal=SIGKILL:when=1")]
    [InlineData("fsync:signal=SIGKILL:when=2")]
    public async Task Killed_on_its_way_it_leaves_no_copy_and_the_next_one_clears_up(string kill)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        var client = await FillAsync(100, new string('x', 4_000));
        string[] before = ["strace", "-f", "-o", "/dev/null", "-e", $"trace={kill.Split(':')[0]}", "-e", $"inject={kill}"];

        var killed = await CommandRun.RunAsync(binary, folder.Path, [], before, "backup", "copy.db");

        Assert.Equal(128 + 9, killed.Code);
        Assert.False(File.Exists(Copy));
        Assert.True(File.Exists(Copy + ".partial"));
        (await BackupAsync()).IsOk();
        Assert.Equal(["copy.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
        client.IsThatOf(new DatabaseFile(Copy));
    }

    [Fact]
    public async Task A_damaged_database_is_not_copied()
    {
        NativeBinary.SkipWithout();
        await FillAsync(100, new string('x', 4_000));
        Damage.Index(folder.File("data/dataglue.db"));

        var run = await BackupAsync();

        Assert.Equal(1, run.Code);
        Assert.StartsWith($"'{folder.File("data/dataglue.db")}' is not copied: the database file is corrupt (", run.Errors[^1], StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Of_two_to_the_same_place_one_is_refused()
    {
        NativeBinary.SkipWithout();
        await FillAsync(3);
        await using (new FileStream(Copy + ".partial", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            (await BackupAsync()).Fails($"Another process is making '{Copy}.partial' at this moment");
        }

        (await BackupAsync()).IsOk();
    }

    public void Dispose() => folder.Dispose();

    // The server is killed, so that its log is not yet in the database file.
    private async Task<EventClient> FillAsync(int events, string filler = "")
    {
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        for (var i = 0; i < events; i++)
        {
            Assert.True(await client.SendAsync(filler));
        }

        await server.KillAsync();
        return client;
    }

    private async Task<string> MakeAsync(string command)
    {
        Assert.Equal(0, await Tools.RunAsync("sh", "-c", $"cd '{folder.Path}' && {command}"));
        return await ListAsync();
    }

    // Names, kinds, rights and links.
    private async Task<string> ListAsync()
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ls", ["-lA", folder.Path]) { RedirectStandardOutput = true })!;
        return await process.StandardOutput.ReadToEndAsync();
    }

    private Task<CommandRun> BackupAsync(params string[] options) => CommandRun.RunAsync(binary, folder.Path, ["backup", "copy.db", .. options]);

    private Task<CommandRun> CheckAsync(string database) => CommandRun.RunAsync(binary, folder.Path, [("DATABASE_PATH", database)], [], "check");
}
