using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>The database of an edge becomes that of a home when its owner says so, and in no other way.</summary>
[Collection(nameof(NativeTests))]
public sealed class PromoteTests(NativeBinary binary) : IDisposable
{
    private readonly Region region = new(binary);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task An_edge_that_has_lost_its_home_url_is_no_home_until_it_is_promoted(int waiting)
    {
        NativeBinary.SkipWithout();
        var (_, edge) = await StartAndStopAsync(waiting);
        edge.Set(("HOME_URL", ""));
        var before = Contents(edge);

        Assert.Equal(
            $"HOME_URL must be set, as '{edge.DatabasePath}' is the database of an edge, and without its home this node would be a home of its own; to make it the home, run DataGlue.Edge promote",
            await edge.RefusesToStartAsync());
        (await edge.RunAsync("promote")).Fails(
            $"'{edge.DatabasePath}' is the database of an edge, with {waiting} writes that wait for its home: as a home it stores those and what comes from now on, and has nothing of what the former home holds; --force promotes it");
        Assert.Equal(before, Contents(edge));
        Assert.True(File.Exists(edge.DatabasePath + "-reserve"));

        Assert.Equal(
            [$"{edge.DatabasePath} is that of a home from the next start on, which stores the writes that wait in it then; {waiting} do now"],
            (await edge.RunAsync("promote", "--force")).IsOk().Output);
        await edge.StartAsync();
        (await edge.TrackAsync("u", "new")).IsOk();
        await edge.DrainsAsync();
        Assert.Equal("home", (string)(await edge.OutboxAsync())["role"]!);
        Assert.Equal(Enumerable.Range(0, waiting).Select(i => $"w{i}").Prepend("new"), edge.Database.Query("SELECT event_id FROM events ORDER BY 1"));
        Assert.False(File.Exists(edge.DatabasePath + "-reserve"));
    }

    [Fact]
    public async Task A_database_that_was_promoted_stays_a_home_and_is_one_to_restore()
    {
        NativeBinary.SkipWithout();
        var (_, edge) = await StartAndStopAsync(waiting: 1);
        edge.Set(("HOME_URL", ""));
        (await edge.RunAsync("promote", "--force")).IsOk();

        Assert.Equal([$"{edge.DatabasePath} is not that of an edge: it starts as a home; nothing was changed"], (await edge.RunAsync("promote")).IsOk().Output);
        (await edge.RunAsync("backup", "copy.db")).IsOk();
        (await edge.RunAsync("restore", "copy.db", "--force")).IsOk();
        for (var start = 0; start < 2; start++)
        {
            await edge.StartAsync();
            await edge.DrainsAsync();
            Assert.Equal(0, await edge.Process.TerminateAsync());
        }

        Assert.Equal(["w0"], edge.Database.Query("SELECT event_id FROM events"));
    }

    [Fact]
    public async Task What_was_promoted_by_mistake_is_an_edge_again_with_its_home_url()
    {
        NativeBinary.SkipWithout();
        var (home, edge) = await StartAndStopAsync(waiting: 1);
        edge.Set(("HOME_URL", ""));
        (await edge.RunAsync("promote", "--force")).IsOk();
        edge.Set(("HOME_URL", home.Url));
        await home.StartAsync();

        await edge.StartAsync();

        await edge.DrainsAsync();
        Assert.Equal(["seen", "w0"], home.Database.Query("SELECT event_id FROM events ORDER BY 1"));
        Assert.Equal((string)(await home.OutboxAsync())["database_id"]!, (string)(await edge.OutboxAsync())["home_id"]!);
    }

    [Fact]
    public async Task An_edge_that_has_never_reached_its_home_is_no_home_while_it_holds_something()
    {
        NativeBinary.SkipWithout();
        var edge = await region.StartEdgeAsync("http://127.0.0.1:9");
        (await edge.TrackAsync("u", "1")).IsOk();
        Assert.Equal(0, await edge.Process.TerminateAsync());
        edge.Set(("HOME_URL", ""));

        Assert.StartsWith("HOME_URL must be set, ", await edge.RefusesToStartAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_a_server_it_holds_from_the_next_start_on()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        (await edge.TrackAsync("u", "seen")).IsOk();
        await edge.DrainsAsync();

        Assert.Equal(
            $"The settings still make this node an edge of {home.Url}/: unset HOME_URL, or on Fly.io set PRIMARY_REGION to its region, before that start",
            (await edge.RunAsync("promote", "--force")).IsOk().Output[1]);
        (await edge.TrackAsync("u", "meanwhile")).IsOk();
        await edge.DrainsAsync();
        Assert.Equal(0, await home.Process.TerminateAsync());
        (await edge.TrackAsync("u", "later")).IsOk();
        Assert.Equal(0, await edge.Process.TerminateAsync());
        edge.Set(("HOME_URL", ""));
        await edge.StartAsync();

        await edge.DrainsAsync();
        Assert.Equal(["later"], edge.Database.Query("SELECT event_id FROM events"));
        Assert.Equal(["meanwhile", "seen"], home.Database.Query("SELECT event_id FROM events ORDER BY 1"));
    }

    [Fact]
    public async Task On_a_full_disk_it_takes_the_room_of_the_reserve()
    {
        NativeBinary.SkipWithout();
        using var folder = new TempFolder();
        var place = Directory.CreateDirectory(folder.File("disk")).FullName;
        using var disk = await LastingDisk.MountAsync(place, 160);
        using var edge = new Node(binary, place, Region.Edge("http://127.0.0.1:9", 8), disk.Before);
        await edge.StartAsync();
        (await edge.TrackAsync("u", "1")).IsOk();
        await edge.Process.KillAsync();
        edge.Set(("HOME_URL", ""));
        disk.Fill();

        (await edge.RunAsync("promote", "--force")).IsOk();
        await edge.StartAsync();

        await edge.DrainsAsync();
        Assert.Equal("home", (string)(await edge.OutboxAsync())["role"]!);
    }

    [Fact]
    public async Task The_database_of_another_program_is_left_as_it_is()
    {
        NativeBinary.SkipWithout();
        var node = region.Place("theirs");
        Directory.CreateDirectory(Path.GetDirectoryName(node.DatabasePath)!);
        node.Database.Query("CREATE TABLE notes (x)");

        (await node.RunAsync("promote", "--force")).Fails(
            $"DATABASE_PATH must be a database of this program, or a new file, and '{node.DatabasePath}' is one of another program; nothing was changed");
    }

    public void Dispose() => region.Dispose();

    // An edge that has met its home, and so many writes that wait, which its home does not get any more.
    private async Task<(Node Home, Node Edge)> StartAndStopAsync(int waiting)
    {
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        (await edge.TrackAsync("u", "seen")).IsOk();
        await edge.DrainsAsync();
        Assert.Equal(0, await home.Process.TerminateAsync());
        for (var i = 0; i < waiting; i++)
        {
            (await edge.TrackAsync("u", $"w{i}")).IsOk();
        }

        Assert.Equal(0, await edge.Process.TerminateAsync());
        return (home, edge);
    }

    private static List<string> Contents(Node node) => node.Database.Query(
        "SELECT name || value FROM server_state WHERE name <> 'probed_at' UNION ALL SELECT item FROM outbox UNION ALL SELECT event_id FROM events ORDER BY 1");
}
