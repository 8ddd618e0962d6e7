using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>What an edge cannot answer itself, it authorises, and asks its home.</summary>
public sealed class ForwardingTests : IDisposable
{
    private readonly HomeAndEdge pair = new();

    private ServerApp Edge => pair.Edge;

    [Theory]
    [InlineData("/glue/user/a%2Fb")]
    [InlineData("/glue/user/a%2Fb/")]
    [InlineData("/glue//user/a%2Fb?limit=1")]
    [InlineData("/glue/user/..")]
    [InlineData("/glue/user/%C3%BC%F0%9F%98%80?after=0&limit=2")]
    [InlineData("/glue/user/email/A%40example.com")]
    [InlineData("/glue/user/account/an%2Faccount")]
    [InlineData("/glue/user/nobody")]
    [InlineData("/glue/user/a%2Fb?limit=none")]
    public async Task A_read_is_answered_as_at_the_home(string path)
    {
        foreach (var user in new[] { "a/b", "..", "ü😀" })
        {
            (await Edge.IdentifyAsync($$"""{"glue_user_id":"{{user}}","email":"a@example.com"}""")).IsOk();
            (await Edge.TrackAsync($$"""{"glue_user_id":"{{user}}","event":"e"}""")).IsOk();
            (await Edge.TrackAsync($$"""{"glue_user_id":"{{user}}","event":"f"}""")).IsOk();
        }

        var reply = await Edge.GetAsync(path);
        var expected = await pair.Home.GetAsync(path);

        Assert.Equal((expected.Status, expected.Body), (reply.Status, reply.Body));
        Assert.Equal(expected.Message.Content.Headers.ContentType, reply.Message.Content.Headers.ContentType);
        Assert.Equal(Headers(expected), Headers(reply));
    }

    [Fact]
    public async Task The_edge_looks_at_the_key_itself_and_passes_it_on()
    {
        Edge.Client.DefaultRequestHeaders.Remove("x-api-key");

        (await Edge.GetAsync("/glue/user/a")).IsError(HttpStatusCode.Unauthorized, "This needs a key; send it in the header x-api-key");
        (await Edge.SendAsync("GET", "/glue/user/a", null, ("x-api-key", "wrong"))).IsError(
            HttpStatusCode.Unauthorized, "The key in x-api-key is not one of this server's; send one that is");
        using var two = HomeAndEdge.EdgeOf(pair.Home.Url, ("API_KEY", HomeAndEdge.Key + ",second-key-of-the-edge-alone"));
        two.Client.DefaultRequestHeaders.Remove("x-api-key");
        (await two.SendAsync("GET", "/glue/user/a", null, ("x-api-key", HomeAndEdge.Key))).IsError(HttpStatusCode.NotFound, "User not found");
        (await two.SendAsync("GET", "/glue/user/a", null, ("x-api-key", "second-key-of-the-edge-alone"))).IsError(
            HttpStatusCode.Unauthorized, "The key in x-api-key is one of this edge's, and its home does not know it; send one that both know");
    }

    [Fact]
    public async Task An_edge_that_knows_no_secret_key_but_its_hash_relays_and_forwards()
    {
        const string Relay = "relay-key-of-the-edges-1";
        var hash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(HomeAndEdge.Key)));
        using var home = new ServerApp(("API_KEY", HomeAndEdge.Key), ("RELAY_KEY", "sha256:" + Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Relay)))));
        using var edge = HomeAndEdge.EdgeOf(home.Url, ("API_KEY", hash), ("RELAY_KEY", Relay));

        (await edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).IsOk();
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();

        Assert.Equal(1, (int)(await edge.UserAsync("a")).IsOk().Json["summary"]!["total_events"]!);
        edge.Client.DefaultRequestHeaders.Remove("x-api-key");
        Assert.Equal(HttpStatusCode.Unauthorized, (await edge.SendAsync("GET", "/glue/user/a", null, ("x-api-key", Relay))).Status);
    }

    [Fact]
    public async Task An_edge_shows_its_home_the_relay_key_and_a_secret_key_only_of_the_one_who_sends_it()
    {
        const string Relay = "relay-key-of-the-edges-1";
        using var home = new ServerApp(("API_KEY", HomeAndEdge.Key), ("RELAY_KEY", Relay));
        await using var between = await StubServer.StartAsync(new Uri(home.Url).Port);
        var shown = new System.Collections.Concurrent.ConcurrentQueue<string>();
        between.Answer = (_, context) =>
        {
            shown.Enqueue($"{context.Request.Path} {context.Request.Headers["x-api-key"]}");
            return Task.FromResult(false);
        };
        using var edge = HomeAndEdge.EdgeOf(between.Url, ("RELAY_KEY", Relay));

        (await edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).IsOk();
        await edge.UserAsync("a");

        Assert.Equal([$"/glue/relay {Relay}", $"/glue/user/a {HomeAndEdge.Key}"], shown.Distinct());
    }

    [Theory]
    [InlineData("/glue/user/a%2Fb")]
    [InlineData("/glue/user/nobody")]
    [InlineData("/glue/user/a%2Fb?limit=none")]
    public async Task HEAD_is_answered_as_at_the_home(string path)
    {
        (await Edge.TrackAsync("""{"glue_user_id":"a/b","event":"e"}""")).IsOk();
        await Edge.GetAsync("/glue/user/a%2Fb");

        var (reply, expected) = (await Edge.SendAsync("HEAD", path), await pair.Home.SendAsync("HEAD", path));

        Assert.Equal((expected.Status, ""), (reply.Status, reply.Body));
        Assert.Equal(expected.Message.Content.Headers.ToString(), reply.Message.Content.Headers.ToString());
        Assert.Equal((await Edge.GetAsync(path)).Status, reply.Status);
    }

    [Fact]
    public async Task Without_its_home_an_edge_says_so()
    {
        using var alone = HomeAndEdge.EdgeOfNobody();

        var reply = await alone.GetAsync("/glue/user/a");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.StartsWith("This edge takes writes, but its home, which answers this, cannot be asked at present. The home at http://127.0.0.1:", reply.Error, StringComparison.Ordinal);
        Assert.Equal("1", reply.Header("Retry-After"));
        Assert.Equal("""{"success":true,"status":"ready"}""", (await alone.GetAsync("/readyz")).IsOk().Body);
    }

    [Fact]
    public async Task A_home_that_does_not_know_the_key_is_no_home_and_no_word_of_it_reaches_the_caller_as_its_own()
    {
        using var other = new ServerApp(("API_KEY", "another-key-of-the-home"));
        using var edge = HomeAndEdge.EdgeOf(other.Url);

        (await edge.GetAsync("/glue/user/a")).IsError(
            HttpStatusCode.ServiceUnavailable,
            "This edge takes writes, but its home, which answers this, cannot be asked at present. The home does not know the key that this edge shows it (RELAY_KEY, or else the first API_KEY): 401, The key in x-api-key is not one of this server's; send one that is");
    }

    [Fact]
    public async Task An_edge_takes_nothing_from_another()
    {
        const string Loop = "This is an edge and takes nothing from another; HOME_URL there must lead to the home";
        using var second = HomeAndEdge.EdgeOf(Edge.Url);

        (await Edge.PostAsync("/glue/relay", """{"format":1,"items":[]}""")).IsError(HttpStatusCode.LoopDetected, Loop);
        (await Edge.SendAsync("GET", "/glue/user/a", null, ("x-glue-hop", "1"))).IsError(HttpStatusCode.LoopDetected, Loop);
        (await second.GetAsync("/glue/user/a")).IsError(
            HttpStatusCode.ServiceUnavailable,
            $"This edge takes writes, but its home, which answers this, cannot be asked at present. What answers at the home's address is an edge itself: 508, {Loop}");
    }

    [Fact]
    public async Task What_is_unknown_or_not_below_glue_is_answered_by_the_edge()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Edge.GetAsync("/glue/unknown")).Status);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await Edge.GetAsync("/glue/track")).Status);
        Assert.Contains("\"/glue/outbox\"", (await Edge.GetAsync("/openapi.json")).IsOk().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_database_at_the_address_is_asked_nothing_until_it_is_called_the_home()
    {
        (await Edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).IsOk();
        pair.Home.Query("UPDATE server_state SET value = 'another' WHERE name = 'database_id'");

        var refused = await Edge.GetAsync("/glue/user/a");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Contains("Another database than the home's answers at its address: 421", refused.Error, StringComparison.Ordinal);
        await Edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""");
        await Poll.UntilAsync(async () => (string)(await Edge.GetAsync("/glue/outbox")).IsOk().Json["state"]! == "held");
        Assert.Equal(1, (int)(await Edge.GetAsync("/glue/outbox")).IsOk().Json["depth"]!);

        Assert.Equal("""{"success":true,"count":1}""", (await Edge.SendAsync("DELETE", "/glue/outbox/home")).IsOk().Body);
        await pair.RelayedAsync();
        Assert.Equal(1, (int)(await Edge.UserAsync("a")).IsOk().Json["user"]!["total_events"]!);
        Assert.Equal(["another"], Edge.Query("SELECT value FROM server_state WHERE name = 'home_id'"));
    }

    public void Dispose() => pair.Dispose();

    // Whether a body is chunked is a matter of each connection.
    private static IEnumerable<string> Headers(Reply reply) => reply.Message.Headers.NonValidated
        .Where(header => header.Key is not ("Date" or "Transfer-Encoding")).Select(header => $"{header.Key}: {header.Value}").Order();
}
