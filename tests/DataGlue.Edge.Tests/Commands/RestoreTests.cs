using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>A restore puts a whole copy in the place of the database, keeps the former one, and else leaves everything as it was.</summary>
[Collection(nameof(NativeTests))]
public sealed class RestoreTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Clients = 4;

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Fact]
    public async Task Where_there_is_no_database_it_is_that_of_the_copy()
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(20);
        await BackupAsync();
        Directory.Delete(folder.File("data"), recursive: true);

        var run = (await RestoreAsync()).IsOk();

        Assert.Matches($"^{folder.File("copy.db")} is restored to {DatabasePath}: [0-9.]+ MB, checked$", Assert.Single(run.Output));
        Assert.Equal(["dataglue.db"], FilesOfData());
        (await CheckAsync()).IsOk();
        await AddOneAsync(client);
    }

    [Fact]
    public async Task A_database_is_replaced_by_force_alone_and_kept_with_what_was_in_its_log()
    {
        NativeBinary.SkipWithout();
        await FillAsync(5);
        await BackupAsync();
        Directory.Delete(folder.File("data"), recursive: true);
        var client = await FillAsync(20);
        var before = await ContentsAsync();

        (await RestoreAsync()).Fails($"There is a database at '{DatabasePath}'; --force replaces it and keeps it beside");
        Assert.Equal(before, await ContentsAsync());
        var run = (await RestoreAsync("--force")).IsOk();

        var kept = run.Output[1]["The former database is ".Length..];
        Assert.Matches($@"^{DatabasePath}\.replaced-\d+$", kept);
        Assert.Equal(["5"], new DatabaseFile(DatabasePath).Query("SELECT count(*) FROM events"));
        Assert.Equal(["dataglue.db", Path.GetFileName(kept)], FilesOfData());
        client.IsThatOf(new DatabaseFile(kept));

        (await CommandRun.RunAsync(binary, folder.Path, "restore", kept, "--force")).IsOk();
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Fact]
    public async Task A_database_that_is_damaged_is_kept_as_it_is()
    {
        NativeBinary.SkipWithout();
        await FillAsync(5);
        await BackupAsync();
        File.Delete(DatabasePath + "-wal");
        await File.WriteAllTextAsync(DatabasePath, "no database");

        var kept = (await RestoreAsync("--force")).IsOk().Output[1]["The former database is ".Length..];

        Assert.Equal("no database", await File.ReadAllTextAsync(kept));
        (await CheckAsync()).IsOk();
    }

    [Theory]
    [InlineData("absent", "There is no file '{0}'")]
    [InlineData("itself", "'{0}' is the database itself")]
    [InlineData("text", "'{0}' is not restored: the database file is corrupt (SQLite Error 26: 'file is not a database'.)")]
    [InlineData("empty", "'{0}' is not a database of this program, and is not restored")]
    [InlineData("foreign", "'{0}' is not a database of this program, and is not restored")]
    [InlineData("newer", "'{0}' is not restored: The database is newer than this binary: it has 9999_future.sql; run the version that made it, or a later one")]
    [InlineData("baseline", "'{0}' is not restored: The database has another baseline than this binary, as the schema changes in place until the first release; run the build that made it, or begin with a new file")]
    [InlineData("damaged", null)]
    [InlineData("halved", null)]
    public async Task A_file_that_is_no_whole_database_of_this_program_is_refused(string kind, string? sentence)
    {
        NativeBinary.SkipWithout();
        var client = await FillAsync(60, new string('x', 4_000));
        await BackupAsync();
        var file = await SpoilAsync(kind);
        var before = await ContentsAsync();

        var run = await CommandRun.RunAsync(binary, folder.Path, "restore", file, "--force");

        Assert.Equal(1, run.Code);
        Assert.StartsWith(sentence?.Replace("{0}", file, StringComparison.Ordinal) ?? $"'{file}' is not restored: the database file is corrupt (", run.Errors[^1], StringComparison.Ordinal);
        Assert.Equal(before, await ContentsAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Fact]
    public async Task Under_a_running_server_nothing_is_restored()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        Assert.True(await client.SendAsync());
        await BackupAsync();
        Assert.True(await client.SendAsync());

        foreach (var port in new[] { server.Port, ServerApp.FreePort() })
        {
            (await CommandRun.RunAsync(binary, folder.Path, [("PORT", $"{port}")], [], "restore", "copy.db", "--force")).Fails(
                $"A server runs on '{DatabasePath}': stop it first, then restore, then start it");
        }

        Assert.True(await client.SendAsync());
        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
        (await RestoreAsync("--force")).IsOk();
        Assert.Equal(["1"], new DatabaseFile(DatabasePath).Query("SELECT event_id FROM events ORDER BY 1"));
    }

    [Fact]
    public async Task On_a_full_disk_the_database_stays()
    {
        NativeBinary.SkipWithout();
        await FillAsync(100, new string('x', 40_000));
        await BackupAsync();
        var disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        string[] before = [.. await SmallDisk.BeforeAsync(disk), "sh", "-c", "mkdir data; echo former >data/dataglue.db; \"$0\" \"$@\"; code=$?; ls -A data; exit $code"];

        var run = await CommandRun.RunAsync(binary, folder.Path, [], before, "restore", folder.File("copy.db"), "--force");

        run.Fails($"'{folder.File("copy.db")}' is not restored: the disk is full (SQLite Error 13: 'database or disk is full'.)");
        Assert.Equal(["dataglue.db"], run.Output);
    }

    [Theory]
    [InlineData("pwrite64", 1)]
    [InlineData("pwrite64", 20)]
    [InlineData("fsync", 2)]
    [InlineData("rename,renameat,renameat2", 1)]
    [InlineData("rename,renameat,renameat2", 2)]
    public async Task Killed_on_its_way_it_leaves_both_databases_whole(string calls, int when)
    {
        NativeBinary.SkipWithout();
        Strace.SkipWithout();
        await FillAsync(5);
        await BackupAsync();
        Directory.Delete(folder.File("data"), recursive: true);
        var client = await FillAsync(60, new string('x', 4_000));
        string[] before = ["strace", "-f", "-o", "/dev/null", "-e", $"trace={calls}", "-e", $"inject={calls}:signal=SIGKILL:when={when}"];

        Assert.Equal(128 + 9, (await CommandRun.RunAsync(binary, folder.Path, [], before, "restore", "copy.db", "--force")).Code);

        output.WriteLine(string.Join(' ', FilesOfData()));
        var kept = Directory.GetFiles(folder.File("data"), "dataglue.db.replaced-*");
        client.IsThatOf(new DatabaseFile(kept.Length == 0 ? DatabasePath : Assert.Single(kept)));
        (await RestoreAsync("--force")).IsOk();
        Assert.Equal(["5"], new DatabaseFile(DatabasePath).Query("SELECT count(*) FROM events"));
        Assert.False(File.Exists(DatabasePath + ".partial"));
    }

    [Fact]
    public async Task What_root_restores_is_the_servers_own()
    {
        NativeBinary.SkipWithout();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var copy = await Unprivileged.CopyAsync(binary, folder);
        using (var server = await ServerProcess.StartAsync(copy, folder.Path, Unprivileged.Before))
        {
            Assert.True(await new EventClient(server).SendAsync());
            await BackupAsync();
            Assert.Equal(0, await server.TerminateAsync());
        }

        (await RestoreAsync("--force")).IsOk();
        using (var server = await ServerProcess.StartAsync(copy, folder.Path, Unprivileged.Before))
        {
            Assert.True(await new EventClient(server).SendAsync());
            Assert.Equal(0, await server.TerminateAsync());
        }

        foreach (var path in Directory.GetFiles(folder.File("data")))
        {
            File.Delete(path);
        }

        (await RestoreAsync()).IsOk();
        using var again = await ServerProcess.StartAsync(copy, folder.Path, Unprivileged.Before);
        Assert.True(await new EventClient(again).SendAsync());
    }

    public void Dispose() => folder.Dispose();

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

    private async Task AddOneAsync(EventClient former)
    {
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"{{EventClient.User}}","event":"e","event_id":"more"}""")).IsOk();
        Assert.Equal(0, await server.TerminateAsync());
        Assert.Equal(former.Acknowledged.Append("more").Order(), new DatabaseFile(DatabasePath).Query("SELECT event_id FROM events").Order());
    }

    private async Task<string> SpoilAsync(string kind)
    {
        var file = kind switch { "absent" => folder.File("absent.db"), "itself" => DatabasePath, _ => folder.File("copy.db") };
        var database = new DatabaseFile(file);
        switch (kind)
        {
            case "text":
                await File.WriteAllTextAsync(file, new string('x', 5_000));
                break;
            case "empty":
                await File.WriteAllTextAsync(file, "");
                break;
            case "foreign":
                File.Delete(file);
                database.Query("CREATE TABLE users (x)");
                break;
            case "baseline":
                database.Query("UPDATE schemaversions SET scriptname = '0000_schema.sql#0123456789abcdef'");
                break;
            case "newer":
                database.Query("INSERT INTO schemaversions (scriptname, applied) VALUES ('9999_future.sql', '2030-01-01')");
                break;
            case "damaged":
                Damage.Index(file);
                break;
            case "halved":
                await using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write))
                {
                    stream.SetLength(stream.Length / 2);
                }

                break;
        }

        return file;
    }

    private IEnumerable<string?> FilesOfData() =>
        Directory.GetFiles(folder.File("data")).Select(Path.GetFileName).Where(name => !name!.EndsWith("-lock", StringComparison.Ordinal)).Order();

    // Every file of the database's folder, byte for byte, but the index of the log, which readers write too.
    private async Task<string> ContentsAsync()
    {
        var contents = new List<string>();
        foreach (var path in Directory.GetFiles(folder.File("data")).Where(path => !path.EndsWith("-shm", StringComparison.Ordinal)).Order())
        {
            contents.Add(path + Convert.ToHexString(await File.ReadAllBytesAsync(path)));
        }

        return string.Join('\n', contents);
    }

    private async Task BackupAsync() => (await CommandRun.RunAsync(binary, folder.Path, "backup", "copy.db")).IsOk();

    private Task<CommandRun> RestoreAsync(params string[] options) => CommandRun.RunAsync(binary, folder.Path, ["restore", "copy.db", .. options]);

    private Task<CommandRun> CheckAsync() => CommandRun.RunAsync(binary, folder.Path, "check");
}
