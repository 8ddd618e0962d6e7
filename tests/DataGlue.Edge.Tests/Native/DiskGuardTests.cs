using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>While less than MIN_FREE_MB of the disk are free, what strangers send is refused; what comes with a key, and from edges, still has room.</summary>
[Collection(nameof(NativeTests))]
public sealed class DiskGuardTests(NativeBinary binary) : IDisposable
{
    private const string NearlyFull = "The disk of this server is nearly full; send it again later";

    private const string NotReady = "The database takes no writes: less than 64 MB of the disk are free";

    private const int Low = 23;

    private const int Enough = 24;

    private static readonly (string Name, string Value) Stranger = ("Origin", "https://shop.example");

    private readonly TempFolder folder = new();
    private readonly List<IDisposable> parts = [];
    private LastingDisk? disk;

    [Fact]
    public async Task A_home_refuses_what_strangers_send_below_the_bound_and_takes_it_again_above_it()
    {
        var home = await StartAsync(120, ("MIN_FREE_MB", ""));
        Leave(66);
        (await TrackAsync(home, "above")).IsOk();
        (await home.GetAsync("/readyz")).IsOk();

        Leave(63);
        await Poll.UntilAsync(async () => (await TrackAsync(home, "below")).Status == HttpStatusCode.ServiceUnavailable);
        foreach (var (path, body) in new[]
        {
            ("/glue/track", """{"glue_user_id":"a","event":"e"}"""),
            ("/glue/identify", """{"glue_user_id":"a","email":"a@example.com"}"""),
            ("/glue/sync", """{"glue_user_id":"a","data":{}}"""),
            ("/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"e"}]}"""),
        })
        {
            var reply = await home.Process.SendAsync("POST", path, body, Stranger);
            reply.IsError(HttpStatusCode.ServiceUnavailable, NearlyFull);
            Assert.Equal("1", reply.Header("Retry-After"));
        }

        await Poll.UntilAsync(async () => (await home.GetAsync("/readyz")).Status == HttpStatusCode.ServiceUnavailable);
        (await home.GetAsync("/readyz")).IsError(HttpStatusCode.ServiceUnavailable, NotReady);
        (await home.TrackAsync("a", "with the key")).IsOk();
        (await home.PostAsync("/glue/relay", """{"format":1,"items":[]}""")).IsOk();
        (await home.GetAsync("/glue/user/a")).IsOk();

        Leave(66);
        await Poll.UntilAsync(async () => (await TrackAsync(home, "again")).Status == HttpStatusCode.OK);
        await Poll.UntilAsync(async () => (await home.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        Assert.Equal(1, Lines(home, Low));
        Assert.Equal(1, Lines(home, Enough));
    }

    [Theory]
    [InlineData("0", 2)]
    [InlineData("3", 5)]
    public async Task The_bound_is_a_setting_and_may_be_off(string megabytes, int left)
    {
        var home = await StartAsync(40, ("MIN_FREE_MB", megabytes));
        Leave(left);
        for (var i = 0; i < 20; i++)
        {
            (await TrackAsync(home, $"{i}")).IsOk();
            await Task.Delay(100);
        }

        Assert.Equal(0, Lines(home, Low));
    }

    [Fact]
    public async Task The_reserve_of_an_edge_counts_as_free()
    {
        var edge = await StartAsync(240, [("MIN_FREE_MB", "90"), .. Region.Edge("http://127.0.0.1:9", 32)]);
        Leave(40);
        await Task.Delay(1_100);
        (await TrackAsync(edge, "above")).IsOk();

        Leave(20);
        await Poll.UntilAsync(async () => (await TrackAsync(edge, "below")).Status == HttpStatusCode.ServiceUnavailable);
        (await TrackAsync(edge, "below")).IsError(HttpStatusCode.ServiceUnavailable, NearlyFull);
        (await edge.TrackAsync("a", "with the key")).IsOk();

        Leave(40);
        await Poll.UntilAsync(async () => (await TrackAsync(edge, "again")).Status == HttpStatusCode.OK);
    }

    public void Dispose()
    {
        parts.ForEach(part => part.Dispose());
        disk?.Dispose();
        folder.Dispose();
    }

    private async Task<Node> StartAsync(int megabytes, params (string Name, string Value)[] settings)
    {
        NativeBinary.SkipWithout();
        var place = Directory.CreateDirectory(folder.File("disk")).FullName;
        disk = await LastingDisk.MountAsync(place, megabytes);
        var node = new Node(binary, place, [("ALLOWED_ORIGINS", Stranger.Value), .. settings], disk.Before);
        parts.Add(node);
        await node.StartAsync();
        (await TrackAsync(node, "first")).IsOk();
        return node;
    }

    // Of the disk, this much stays free.
    private void Leave(long megabytes)
    {
        var free = new DriveInfo(disk!.File(".")).AvailableFreeSpace - (megabytes * 1024 * 1024);
        using var ballast = new FileStream(disk.File("ballast"), FileMode.OpenOrCreate, FileAccess.Write);
        ballast.SetLength(ballast.Length + Math.Min(0, free));
        ballast.Seek(0, SeekOrigin.End);

        for (var block = new byte[1024 * 1024]; free > 0; free -= block.Length)
        {
            ballast.Write(block, 0, (int)Math.Min(free, block.Length));
        }
    }

    // As a stranger.
    private static Task<Reply> TrackAsync(Node node, string id) =>
        node.Process.SendAsync("POST", "/glue/track", $$"""{"glue_user_id":"a","event":"e","event_id":"{{id}}"}""", Stranger);

    private static int Lines(Node node, int id) => node.Process.Log.Count(line => (int)JsonNode.Parse(line)!["EventId"]! == id);
}
