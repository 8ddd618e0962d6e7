using System.Net;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>What is erased at the home is erased at its edges, and edges remember it for a home that was restored.</summary>
public sealed class ErasureAtEdgesTests : IDisposable
{
    private const string Late = """{"glue_user_id":"hidden-browser","event":"e","event_id":"hidden-late","timestamp":1704376800000,"email":"hidden@shop.example"}""";

    private readonly HomeAndEdge pair = new();

    private ServerApp Home => pair.Home;

    private ServerApp Edge => pair.Edge;

    [Fact]
    public async Task What_an_edge_relays_late_is_dropped_and_its_bytes_go_from_the_edge()
    {
        await Home.IdentifyAsync("""{"glue_user_id":"hidden-browser","email":"hidden@shop.example","event_id":"i1","timestamp":1704376800000}""");
        (await Home.SendAsync("DELETE", "/glue/user/email/hidden@shop.example")).IsOk();

        (await Edge.TrackAsync(Late)).IsOk();
        (await Edge.PostAsync("/glue/sync", """{"glue_user_id":"hidden-browser","synced_at":1704376800000,"data":{"profile":{"email":"hidden@shop.example"}}}""")).IsOk();
        await pair.RelayedAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await Edge.GetAsync("/glue/user/hidden-browser")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Edge.GetAsync("/glue/user/email/hidden@shop.example")).Status);
        await MinuteAsync(Edge);
        await Poll.UntilAsync(() => Task.FromResult(!Holds(Edge) && !Holds(Home)));
    }

    [Fact]
    public async Task An_erasure_by_way_of_an_edge_is_the_homes()
    {
        (await Edge.TrackAsync(Late)).IsOk();
        await pair.RelayedAsync();

        var erased = (await Edge.SendAsync("DELETE", "/glue/user/hidden-browser")).IsOk().Json;

        Assert.Equal("""{"events":1,"identities":0,"sessions":0,"users":1}""", erased["erased"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await Home.UserAsync("hidden-browser")).Status);
    }

    [Theory]
    [InlineData("DELETE", "/glue/user/hidden-browser")]
    [InlineData("DELETE", "/glue/user/email/Hidden@shop.example")]
    public async Task What_is_aside_at_an_edge_goes_whole(string method, string path)
    {
        await Home.TrackAsync("""{"glue_user_id":"other","event":"e","event_id":"hidden-late"}""");
        (await Edge.TrackAsync(Late)).IsOk();
        (await Edge.TrackAsync("""{"glue_user_id":"third","event":"e","event_id":"hidden-late"}""")).IsOk();
        await Poll.UntilAsync(async () => (int)(await Edge.GetAsync("/glue/outbox")).Json["aside_count"]! == 2);

        (await Home.SendAsync(method, path)).IsError(HttpStatusCode.NotFound, "User not found; what arrives later of what happened before is dropped");
        await MinuteAsync(Edge);

        await Poll.UntilAsync(async () => (int)(await Edge.GetAsync("/glue/outbox")).Json["aside_count"]! == 1);
        Assert.Equal(["third"], Edge.Query("SELECT item -> 'item' ->> 'glue_user_id' FROM outbox_aside"));
        await Poll.UntilAsync(() => Task.FromResult(!Holds(Edge, "hidden-browser")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_home_that_has_lost_its_tombstones_gets_them_back_from_its_edges(int newErasures)
    {
        await Home.TrackAsync(Late);
        (await Home.SendAsync("DELETE", "/glue/user/hidden-browser")).IsOk();
        await MinuteAsync(Edge);
        await Poll.UntilAsync(() => Task.FromResult(Edge.Query("SELECT count(*) FROM tombstones")[0] == "1"));

        // As a backup that was made before has it.
        Home.Query("DELETE FROM tombstones");
        Home.Query("DELETE FROM sqlite_sequence WHERE name = 'tombstones'");
        for (var i = 0; i < newErasures; i++)
        {
            await Home.SendAsync("DELETE", $"/glue/user/other-{i}");
        }

        Home.Query("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('restored', 'hidden-browser', 'e', '2024-01-01T00:00:00.000Z')");
        await MinuteAsync(Edge);
        await MinuteAsync(Edge);
        await Poll.UntilAsync(() => Task.FromResult(Home.Query("SELECT count(*) FROM tombstones")[0] == $"{1 + newErasures}"));
        await MinuteAsync(Home);

        await Poll.UntilAsync(() => Task.FromResult(Home.Query("SELECT count(*) FROM events")[0] == "0" && Home.Query("SELECT count(*) FROM tombstones WHERE applied = 0")[0] == "0"));
        Assert.Equal(HttpStatusCode.NotFound, (await Home.UserAsync("hidden-browser")).Status);
    }

    [Theory]
    [InlineData("""[["zz","1","","","~",""]]""")]
    [InlineData("""[["00000000000000000000000000000000","2","","","~",""]]""")]
    [InlineData("""[["00000000000000000000000000000000","1"]]""")]
    [InlineData("""[7]""")]
    public async Task Tombstones_that_are_none_are_refused(string tombstones)
    {
        (await Home.PostAsync("/glue/relay", $$"""{"format":1,"tombstones_after":0,"tombstones":{{tombstones}},"items":[]}""")).IsError(
            HttpStatusCode.BadRequest, "tombstones must be lists of a hash, 0 or 1, and two places of a time and an id each");
        (await Home.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
    }

    public void Dispose() => pair.Dispose();

    // The upkeep of a minute; its answers come on the real clock.
    private static async Task MinuteAsync(ServerApp node)
    {
        node.Clock.Advance(TimeSpan.FromSeconds(61));
        await Task.Delay(TimeSpan.FromMilliseconds(300));
    }

    private static bool Holds(ServerApp node, string text = "hidden") => Directory.GetFiles(Path.GetDirectoryName(node.DatabasePath)!, "*.db*")
        .Where(file => !file.EndsWith("-lock", StringComparison.Ordinal) && !file.EndsWith("-reserve", StringComparison.Ordinal))
        .Any(file => FileBytes.Of(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);
}
