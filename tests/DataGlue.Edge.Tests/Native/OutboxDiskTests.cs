using System.Globalization;
using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>An outbox is bounded, by its setting or by the disk: beyond it writes are refused, nothing is dropped, and it drains on a disk without a byte left.</summary>
[Collection(nameof(NativeTests))]
public sealed class OutboxDiskTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    // What the outbox needs beside its own size: its log and the reserve.
    private const int Beside = 128;

    private const int Max = 32;

    private const int Size = Beside + Max + 8;

    private const long Reserve = 64 * 1024 * 1024;

    private const string OutboxFull = "The outbox of this edge is full; it takes writes again when its home has taken those that wait";

    private const string DiskFull = "The disk of this edge is full; it takes writes again when there is room";

    private const string NoWrites = "The database takes no writes at present; send it again a little later";

    private static readonly string Large = new('x', 40_000);

    private readonly TempFolder folder = new();
    private readonly Region region = new(binary);
    private readonly List<string> acknowledged = [];
    private readonly HashSet<string> refusals = [];
    private LastingDisk? disk;
    private Node? edge;

    [Fact]
    public async Task A_full_outbox_refuses_drops_nothing_and_takes_writes_again_when_the_home_is_back()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await StartEdgeAsync(home);
        await home.Process.KillAsync();
        await FillOutboxAsync();

        Assert.Equal([OutboxFull], refusals);
        var outbox = await edge!.OutboxAsync();
        Assert.Equal(acknowledged.Count, (int)outbox["depth"]!);
        Assert.InRange((long)outbox["used_bytes"]!, (Max - 1) * 1024 * 1024, Max * 1024 * 1024);
        await edge.Process.KillAsync();
        await edge.StartAsync();
        Assert.False(await SendAsync(Large));
        await home.StartAsync();
        await Poll.UntilAsync(() => SendAsync(Large));

        await HomeHoldsAllAsync(home);
        Assert.Equal([OutboxFull], refusals);
        await IsWholeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_disk_without_a_byte_left_it_drains_and_takes_writes_again_when_there_is_room(bool killed)
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await StartEdgeAsync(home);
        Assert.True(await SendAsync());
        await edge!.DrainsAsync();
        await home.Process.KillAsync();
        for (var i = 0; i < 600; i++)
        {
            Assert.True(await SendAsync(Large));
        }

        disk!.Fill();
        await RefusesAsync();
        Assert.Equal(Reserve, new FileInfo(disk.File("data/dataglue.db-reserve")).Length);
        if (killed)
        {
            await edge.Process.KillAsync();
            disk.Fill();
            await edge.StartAsync();
        }

        await home.StartAsync();

        // Visitors do not wait for it: whatever they try meanwhile must not take the room that was made.
        var draining = edge.DrainsAsync();
        while (!draining.IsCompleted)
        {
            await SendAsync();
        }

        await draining;
        await edge.DrainsAsync();
        await HomeHoldsAllAsync(home);
        Assert.NotEqual(0, edge.Told("The disk is full: the reserve is given up"));
        disk.Fill();
        await RefusesAsync();
        var full = await edge.OutboxAsync();
        Assert.Equal(("disk_full", "The disk of this edge is full: it accepts nothing new until there is room"), ((string)full["state"]!, (string)full["problem"]!));
        Assert.False(File.Exists(disk.File("data/dataglue.db-reserve")));

        disk.Clear();
        await Poll.UntilAsync(() => SendAsync());
        Assert.Equal(Reserve, new FileInfo(disk.File("data/dataglue.db-reserve")).Length);
        await HomeHoldsAllAsync(home);
        Assert.Equal("relaying", (string)(await edge.OutboxAsync())["state"]!);
        await IsWholeAsync();
        output.WriteLine($"{acknowledged.Count} acknowledged; refused with: {string.Join(" | ", refusals)}");
    }

    [Fact]
    public async Task A_size_that_the_disk_cannot_hold_is_refused_at_the_start_and_the_one_that_is_named_is_taken()
    {
        NativeBinary.SkipWithout();
        await PlaceAsync("http://127.0.0.1:9", Size);
        var sentence = await edge!.RefusesToStartAsync();
        Assert.Matches(
            $"^OUTBOX_MAX_MB must be at most [1-9][0-9]* on this disk, not {Size}: beside the outbox it has to hold {Beside} MB for the log and the reserve$", sentence);
        var most = int.Parse(sentence.Split(' ')[5], CultureInfo.InvariantCulture);
        Assert.InRange(most, Max, Size - Beside);

        edge.Set(("OUTBOX_MAX_MB", $"{most + 1}"));
        Assert.StartsWith($"OUTBOX_MAX_MB must be at most {most} ", await edge.RefusesToStartAsync(), StringComparison.Ordinal);
        edge.Set(("OUTBOX_MAX_MB", $"{most}"));
        await edge.StartAsync();
        Assert.True(await SendAsync());
        Assert.Equal(0, await edge.Process.TerminateAsync());

        // With items that wait it starts, whatever is asked for.
        edge.Set(("OUTBOX_MAX_MB", $"{Size}"));
        await edge.StartAsync();
        await Poll.UntilAsync(() => Task.FromResult(edge.Told($"OUTBOX_MAX_MB must be at most {most} ") > 0));
        Assert.Equal(1, (int)(await edge.OutboxAsync())["depth"]!);
    }

    public void Dispose()
    {
        edge?.Dispose();
        disk?.Dispose();
        region.Dispose();
        folder.Dispose();
    }

    private async Task PlaceAsync(string homeUrl, int megabytes)
    {
        var place = Directory.CreateDirectory(folder.File("disk")).FullName;
        disk = await LastingDisk.MountAsync(place, Size);
        edge = new Node(binary, place, [("MIN_FREE_MB", "0"), .. Region.Edge(homeUrl, megabytes)], disk.Before);
    }

    private async Task StartEdgeAsync(Node home)
    {
        await PlaceAsync(home.Url, Max);
        await edge!.StartAsync();
        Assert.Equal(Reserve, new FileInfo(disk!.File("data/dataglue.db-reserve")).Length);
    }

    // Whether it was taken; if not, the edge has said why.
    private async Task<bool> SendAsync(string filler = "")
    {
        var id = $"e{acknowledged.Count + refusals.Count}-{Guid.NewGuid():N}";
        var reply = await edge!.TrackAsync("u", id, $$""","properties":{"x":"{{filler}}"}""");
        if (reply.Status == HttpStatusCode.OK)
        {
            acknowledged.Add(id);
            return true;
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.NotNull(reply.Header("Retry-After"));
        refusals.Add(reply.Error);
        return false;
    }

    // The large ones first, then small ones, until not even they fit.
    private async Task FillOutboxAsync()
    {
        foreach (var filler in new[] { Large, "" })
        {
            while (await SendAsync(filler))
            {
                // Until nothing fits.
            }
        }
    }

    private async Task RefusesAsync()
    {
        await FillOutboxAsync();
        Assert.All(refusals, refusal => Assert.Contains(refusal, new[] { DiskFull, NoWrites }));
    }

    private async Task IsWholeAsync()
    {
        Assert.Equal(0, await edge!.Process.TerminateAsync());
        File.Copy(disk!.File("data/dataglue.db"), folder.File("copy.db"));
        Assert.Equal(["ok"], new DatabaseFile(folder.File("copy.db")).Query("PRAGMA integrity_check"));
        Assert.Equal(0, edge.Told("A request failed: "));
    }

    private async Task HomeHoldsAllAsync(Node home)
    {
        await edge!.DrainsAsync();
        Assert.Equal(acknowledged.Order(), home.Database.Query("SELECT event_id FROM events").Order());
    }
}
