using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>A read at an edge is the home's answer, or says that there is none.</summary>
[Collection(nameof(NativeTests))]
public sealed class RegionReadTests(NativeBinary binary) : IDisposable
{
    private const int Long = 20_000;

    private static readonly string[] Ids = ["u", "a/b%2F..", "ü 😀+&?#", "%"];

    private readonly Region region = new(binary);

    [Fact]
    public async Task A_forwarded_read_is_byte_for_byte_that_of_the_home()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        foreach (var id in Ids)
        {
            (await edge.PostAsync("/glue/identify", $$"""{"glue_user_id":"{{id}}","email":"both+ü@example.com"}""")).IsOk();
            await TrackManyAsync(edge, id, 30);
        }

        await TrackManyAsync(edge, "long", Long);
        await edge.DrainsAsync();

        string[] users = [.. Ids.Append("long").Select(id => "/glue/user/" + Uri.EscapeDataString(id))];
        string[] paths =
        [
            .. users, .. users.Select(path => path + "/"), .. users.Select(path => path + "?limit=7"), .. users.Select(path => path + "?limit=3&after=20"),
            "/glue/user/email/BOTH%2B%c3%bc@example.com", "/glue/user/email/both%2Bü@example.com?limit=50", "//glue/user/u", "/glue/user/nobody", "/glue/user/u?limit=x",
        ];
        foreach (var path in paths)
        {
            var (expected, actual) = (await BytesAsync(home, path), await BytesAsync(edge, path));
            Assert.Equal(expected.Head, actual.Head);
            Assert.True(expected.Body.AsSpan().SequenceEqual(actual.Body), path);
        }
    }

    [Fact]
    public async Task A_visitor_finds_what_it_has_just_written()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        for (var i = 1; i <= 100; i++)
        {
            (await edge.TrackAsync("u", $"{i}")).IsOk();
            Assert.Equal(i, (int)(await edge.GetAsync("/glue/user/u?limit=1")).IsOk().Json["user"]!["total_events"]!);
        }
    }

    [Fact]
    public async Task While_the_home_is_away_a_read_says_so_and_afterwards_it_is_answered()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var link = region.LinkTo(home.Port);
        var edge = await region.StartEdgeAsync(link.Url);
        (await edge.TrackAsync("u", "1")).IsOk();
        await edge.DrainsAsync();
        link.Cut();

        foreach (var path in new[] { "/glue/user/u", "/glue/user/email/u@example.com", "/glue/user/nobody" })
        {
            (await edge.GetAsync(path)).IsUnavailable();
        }

        (await edge.TrackAsync("u", "2")).IsOk();
        Assert.Equal(HttpStatusCode.OK, (await edge.GetAsync("/readyz")).Status);
        Assert.Equal(Product.Alive("edge"), (await edge.GetAsync("/healthz")).IsOk().Body);
        await edge.OutboxIsAsync(outbox => (string)outbox["state"]! == "away");
        link.Mend();
        await edge.DrainsAsync();
        Assert.Equal(2, (int)(await edge.GetAsync("/glue/user/u")).IsOk().Json["user"]!["total_events"]!);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_taken_for_a_whole_one()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var link = region.LinkTo(home.Port);
        var edge = await region.StartEdgeAsync(link.Url);
        await TrackManyAsync(edge, "u", Long);
        await edge.DrainsAsync();
        link.BytesPerSecond = 1_000_000;

        using var response = await edge.Client.GetAsync(edge.Address("/glue/user/u"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.NotEqual(0, await body.ReadAsync(new byte[1_000]));
        link.Cut();

        // As one error or another, but never as an end in good order.
        var broken = await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(Stream.Null));
        Assert.True(broken is HttpRequestException or IOException, broken.ToString());
    }

    public void Dispose() => region.Dispose();

    private static async Task TrackManyAsync(Node node, string user, int count)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(1_000))
        {
            var items = chunk.Select(i => $$"""{"type":"track","glue_user_id":"{{user}}","event":"e","event_id":"{{user}}-{{i}}","timestamp":{{1_704_376_800_000 + i}},"properties":{"text":"Zürich 😀 \u0041 {{i}}","n":1.50e3} }""");
            (await node.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }
    }

    private static async Task<(string Head, byte[] Body)> BytesAsync(Node node, string path)
    {
        using var response = await node.Client.GetAsync(node.Address(path));
        return ($"{path} {response.StatusCode} {response.Content.Headers.ContentType}", await response.Content.ReadAsByteArrayAsync());
    }
}
