using System.Globalization;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>A vacuum gives space back, beside a server or without one, and says what is in its way.</summary>
[Collection(nameof(NativeTests))]
public sealed class VacuumTests(NativeBinary binary) : IDisposable
{
    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_space_of_what_was_deleted_is_given_back(bool whileServing)
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        await FillAsync(server);
        if (!whileServing)
        {
            Assert.Equal(0, await server.TerminateAsync());
        }

        var run = (await VacuumAsync()).IsOk();

        Assert.Matches(@"^before: \d+\.\d MB, of which free \d+\.\d MB$", run.Output[0]);
        Assert.Matches(@"^after: \d+\.\d MB$", run.Output[1]);
        Assert.InRange(Megabytes(run.Output[0]), 2, 10);
        Assert.InRange(Megabytes(run.Output[1]), 0, 0.3);
        Assert.InRange(new FileInfo(DatabasePath).Length, 1, 300_000);
        if (whileServing)
        {
            (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
            Assert.Equal(0, await server.TerminateAsync());
        }

        (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
    }

    [Fact]
    public async Task A_lock_in_its_way_is_told()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        await FillAsync(server);
        await using (await new DatabaseFile(DatabasePath).LockAsync())
        {
            (await VacuumAsync()).Fails("The server or another process is writing to the database: stop it, or try again when less is written; nothing was changed");
        }

        (await VacuumAsync()).IsOk();
    }

    [Fact]
    public async Task A_reader_that_keeps_the_log_from_being_emptied_is_told()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        await FillAsync(server);
        await using (await SecondProcess.ReadAsync(DatabasePath))
        {
            var run = (await VacuumAsync()).IsOk();
            Assert.StartsWith("The server or another process reads the write-ahead log, so that it is not emptied; ", run.Output[^1], StringComparison.Ordinal);
        }

        Assert.Equal(0, await server.TerminateAsync());
        Assert.InRange(new FileInfo(DatabasePath).Length, 1, 300_000);
        (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
    }

    [Fact]
    public async Task A_full_disk_is_told_and_changes_nothing()
    {
        NativeBinary.SkipWithout();
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"a","event":"e","properties":{"x":"{{new string('x', 50_000)}}"} }""")).IsOk();
            for (var i = 0; i < 22; i++)
            {
                (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"b","event":"e","properties":{"x":"{{new string('x', 50_000)}}"} }""")).IsOk();
            }

            Assert.Equal(0, await server.TerminateAsync());
        }

        var disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        string[] before = [.. await SmallDisk.BeforeAsync(disk), "sh", "-c", "mkdir data; cp ../data/dataglue.db data; \"$0\" vacuum; echo $?; \"$0\" check"];

        var run = (await CommandRun.RunAsync(binary, folder.Path, [], before)).IsOk();

        Assert.Contains(run.Errors, line => line.StartsWith("The disk is full: there must be room for the database once more ", StringComparison.Ordinal));
        Assert.Equal("1", run.Output[1]);
    }

    [Fact]
    public async Task On_a_disk_without_a_byte_left_it_says_the_same()
    {
        NativeBinary.SkipWithout();
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
            Assert.Equal(0, await server.TerminateAsync());
        }

        var place = Directory.CreateDirectory(folder.File("disk")).FullName;
        using var disk = await LastingDisk.MountAsync(place, 2);
        Directory.CreateDirectory(disk.File("data"));
        File.Copy(DatabasePath, disk.File("data/dataglue.db"));
        disk.Fill();

        (await CommandRun.RunAsync(binary, folder.Path, [], disk.Before, "vacuum")).Fails(
            $"The disk is full: there must be room for the database once more in the folder for temporary files (SQLITE_TMPDIR, else /var/tmp) and once more beside '{place}/data/dataglue.db'; nothing was changed");
        disk.Clear();
        (await CommandRun.RunAsync(binary, folder.Path, [], disk.Before, "check")).IsOk();
    }

    public void Dispose() => folder.Dispose();

    private async Task FillAsync(ServerProcess server)
    {
        for (var i = 0; i < 100; i++)
        {
            (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"a","event":"e","properties":{"x":"{{new string('x', 40_000)}}"} }""")).IsOk();
        }

        new DatabaseFile(DatabasePath).Query("DELETE FROM events; DELETE FROM users");
    }

    private static double Megabytes(string line) => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);

    private Task<CommandRun> VacuumAsync() => CommandRun.RunAsync(binary, folder.Path, "vacuum");
}
