using System.Globalization;
using System.Net;
using DataGlue.Edge.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace DataGlue.Edge.Tests.Wire;

/// <summary>A wire and a route outside of /glue need nothing but to declare their rules, at a home and at an edge.</summary>
public sealed class FurtherWireTests : IAsyncDisposable
{
    private const string Key = "0123456789abcdef-of-the-owner";

    private const string Shop = "https://shop.example";

    private readonly TempFolder folder = new();
    private readonly List<WebApplication> nodes = [];
    private readonly HttpClient client = new();

    [Fact]
    public async Task A_further_wire_posts_through_home_and_edge()
    {
        var home = await StartAsync("home");
        var edge = await StartAsync("edge", ("HOME_URL", home), ("OUTBOX_MAX_MB", "8"));

        Assert.Equal(HttpStatusCode.NoContent, (await GetAsync(home + "/pixel/visitor/opened", ("Origin", Shop))).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await GetAsync(edge + "/pixel/visitor/opened", ("Origin", Shop))).Status);

        await Poll.UntilAsync(async () => (await GetAsync(edge + "/v1/count", ("x-api-key", Key))).Body == "2");
        var journey = (await GetAsync(edge + "/glue/user/visitor", ("x-api-key", Key))).IsOk().Json;
        Assert.Equal(["opened", "opened"], journey["events"]!.AsArray().Select(row => (string)row!["event"]!));
    }

    [Fact]
    public async Task A_route_outside_of_glue_has_the_audience_that_it_declares()
    {
        var home = await StartAsync("home");

        (await GetAsync(home + "/pixel/a/e")).IsError(HttpStatusCode.Unauthorized, "This needs a key; send it in the header x-api-key");
        (await GetAsync(home + "/pixel/a/e", ("Origin", "https://elsewhere.example"))).IsError(
            HttpStatusCode.Forbidden, "Pages of this origin may not call this server; add the origin to ALLOWED_ORIGINS");
        (await GetAsync(home + "/v1/count", ("Origin", Shop))).IsError(HttpStatusCode.Unauthorized, "This needs a key; send it in the header x-api-key");
        Assert.Equal("0", (await GetAsync(home + "/v1/count", ("x-api-key", Key))).Body);
    }

    [Fact]
    public async Task A_route_outside_of_glue_has_the_rate_limit_and_shares_it()
    {
        var home = await StartAsync("home", ("RATE_LIMIT", "3"));
        await GetAsync(home + "/pixel/a/e", ("Origin", Shop));
        await GetAsync(home + "/v1/count");
        await GetAsync(home + "/glue/user/a");

        foreach (var path in new[] { "/pixel/a/e", "/v1/count", "/glue/user/a" })
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await GetAsync(home + path, ("Origin", Shop))).Status);
        }
    }

    [Fact]
    public async Task A_route_outside_of_glue_is_sent_on_by_an_edge_which_takes_it_from_no_other()
    {
        var home = await StartAsync("home");
        var edge = await StartAsync("edge", ("HOME_URL", home), ("OUTBOX_MAX_MB", "8"));
        await GetAsync(home + "/pixel/a/e", ("Origin", Shop));

        Assert.Equal("1", (await GetAsync(edge + "/v1/count", ("x-api-key", Key))).Body);
        Assert.Equal(HttpStatusCode.LoopDetected, (await GetAsync(edge + "/v1/count", ("x-api-key", Key), ("x-glue-hop", "1"))).Status);
        Assert.Equal(HttpStatusCode.LoopDetected, (await GetAsync(edge + "/pixel/a/e", ("x-api-key", Key), ("x-glue-hop", "1"))).Status);
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            await nodes[i].DisposeAsync();
        }

        client.Dispose();
        folder.Dispose();
    }

    private async Task<string> StartAsync(string name, params (string Name, string Value)[] settings)
    {
        var port = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture);
        (string Name, string Value)[] all =
            [("PORT", port), ("DATABASE_PATH", folder.File($"{name}/data.db")), ("API_KEY", Key), ("ALLOWED_ORIGINS", Shop), .. settings];
        var node = Program.Build(
            Settings.Read(new ConfigurationBuilder().AddInMemoryCollection(all.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build()),
            TimeProvider.System);
        nodes.Add(node);
        node.MapPixel();
        node.MapReport();
        await node.StartServerAsync();
        return $"http://127.0.0.1:{port}";
    }

    private async Task<Reply> GetAsync(string address, params (string Name, string Value)[] headers)
    {
        using var request = Requests.Make("GET", new Uri(address), null, headers);
        return await Reply.ReadAsync(await client.SendAsync(request));
    }
}
