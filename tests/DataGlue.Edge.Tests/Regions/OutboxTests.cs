using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>What an outbox holds is bounded, and what is in it can be looked at however it came.</summary>
public sealed class OutboxTests : IDisposable
{
    private readonly ServerApp home = new(("API_KEY", HomeAndEdge.Key));
    private ServerApp? edge;

    [Fact]
    public async Task What_the_home_rejects_does_not_take_the_room_of_what_it_takes()
    {
        edge = HomeAndEdge.EdgeOf(home.Url, ("OUTBOX_MAX_MB", "1"));
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();
        for (var i = 0; i < 40; i++)
        {
            (await edge.TrackAsync($$"""{"glue_user_id":"b","event":"e","event_id":"x","properties":{"filler":"{{new string('x', 30_000)}}"} }""")).IsOk();
            await RelayedAsync();
        }

        var outbox = (await edge.GetAsync("/glue/outbox")).IsOk().Json;
        Assert.Equal((4, 36), ((int)outbox["aside_count"]!, (int)outbox["discarded"]!));
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"y"}""")).IsOk();

        // What is deleted makes room for others.
        (await edge.SendAsync("DELETE", "/glue/outbox/aside/all")).IsOk();
        (await edge.TrackAsync("""{"glue_user_id":"b","event":"e","event_id":"x"}""")).IsOk();
        await RelayedAsync();
        Assert.Equal(1, (int)(await edge.GetAsync("/glue/outbox")).IsOk().Json["aside_count"]!);
        Assert.Equal(["x", "y"], home.Query("SELECT event_id FROM events ORDER BY 1"));
    }

    [Fact]
    public async Task A_page_of_what_is_aside_is_bounded_by_bytes_and_shows_items_however_deep_they_nest()
    {
        edge = HomeAndEdge.EdgeOf(home.Url, ("OUTBOX_MAX_MB", "32"), ("MAX_BODY_BYTES", "1048576"));
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();
        var deep = string.Concat(Enumerable.Repeat("[", 62)) + string.Concat(Enumerable.Repeat("]", 62));
        (await edge.TrackAsync($$"""{"glue_user_id":"b","event":"e","event_id":"x","properties":{"deep":{{deep}}} }""")).IsOk();
        for (var i = 0; i < 3; i++)
        {
            (await edge.TrackAsync($$"""{"glue_user_id":"b","event":"e","event_id":"x","properties":{"filler":"{{new string('x', 600_000)}}"} }""")).IsOk();
        }

        await RelayedAsync();
        var first = (await edge.GetAsync("/glue/outbox")).IsOk();
        Assert.Contains(deep, first.Body, StringComparison.Ordinal);
        Assert.Contains("\"next_after\":2}", first.Body, StringComparison.Ordinal);
        var second = (await edge.GetAsync("/glue/outbox?after=2")).IsOk().Json;
        Assert.Equal([3], second["aside"]!.AsArray().Select(item => (int)item!["id"]!));
        Assert.Equal(3, (int)second["next_after"]!);
        Assert.Null((await edge.GetAsync("/glue/outbox?after=3")).IsOk().Json["next_after"]);
        Assert.Empty((await edge.GetAsync("/glue/outbox?limit=0")).IsOk().Json["aside"]!.AsArray());
    }

    [Fact]
    public async Task A_full_outbox_refuses_and_readyz_says_so()
    {
        edge = HomeAndEdge.EdgeOf($"http://127.0.0.1:{ServerApp.FreePort()}", ("OUTBOX_MAX_MB", "1"));
        var filler = new string('x', 60_000);
        Reply reply;
        do
        {
            reply = await edge.TrackAsync($$"""{"glue_user_id":"a","event":"e","properties":{"filler":"{{filler}}"} }""");
        }
        while (reply.Status == HttpStatusCode.OK);

        reply.IsError(HttpStatusCode.ServiceUnavailable, "The outbox of this edge is full; it takes writes again when its home has taken those that wait");
        edge.Clock.Advance(TimeSpan.FromSeconds(2));
        (await edge.GetAsync("/readyz")).IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes: the outbox is full");
        Assert.InRange((int)(await edge.GetAsync("/glue/outbox")).IsOk().Json["depth"]!, 10, 17);
    }

    [Fact]
    public async Task Of_a_batch_only_what_the_owners_rule_does_not_allow_is_rejected()
    {
        edge = HomeAndEdge.EdgeOfNobody();
        edge.Query("CREATE TRIGGER no BEFORE INSERT ON outbox WHEN new.item LIKE '%forbidden%' BEGIN SELECT raise(ABORT, 'no'); END");

        var reply = await edge.BatchAsync(
            """{"batch":[{"type":"track","glue_user_id":"a","event":"e","event_id":"1"},7,{"type":"track","glue_user_id":"a","event":"forbidden"},{"type":"track","glue_user_id":"a","event":"e","event_id":"2"}]}""");

        Assert.Equal(["stored", "rejected", "rejected", "stored"], reply.IsOk().Json["results"]!.AsArray().Select(result => (string)result!["status"]!));
        Assert.Equal("The database refused this write; a rule of its owner does not allow it", (string)reply.Json["results"]![2]!["error"]!);
        Assert.Equal(["2"], edge.Query("SELECT count(*) FROM outbox"));
    }

    [Theory]
    [InlineData("DELETE", "/glue/outbox/aside/all")]
    [InlineData("DELETE", "/glue/outbox/aside/1")]
    [InlineData("POST", "/glue/outbox/aside/all/retry")]
    [InlineData("POST", "/glue/outbox/aside/1/retry")]
    public async Task What_the_owners_rule_keeps_aside_is_not_said_to_be_gone(string method, string path)
    {
        edge = HomeAndEdge.EdgeOf(home.Url);
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();
        (await edge.TrackAsync("""{"glue_user_id":"b","event":"e","event_id":"x"}""")).IsOk();
        await RelayedAsync();
        edge.Query("CREATE TRIGGER kept BEFORE DELETE ON outbox_aside BEGIN SELECT raise(ABORT, 'kept'); END");

        (await edge.SendAsync(method, path)).IsError(HttpStatusCode.BadRequest, "The database refused this write; a rule of its owner does not allow it");

        Assert.Equal(1, (int)(await edge.GetAsync("/glue/outbox")).IsOk().Json["aside_count"]!);
    }

    [Fact]
    public async Task What_the_owners_rule_keeps_in_the_outbox_is_the_problem_and_not_the_home()
    {
        edge = HomeAndEdge.EdgeOf(home.Url);
        edge.Query("CREATE TRIGGER kept BEFORE DELETE ON outbox BEGIN SELECT raise(ABORT, 'kept'); END");
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();

        await Poll.UntilAsync(async () => await ProblemAsync() == "This node cannot go on with its outbox: a rule of its owner");
        edge.Query("DROP TRIGGER kept");
        await Poll.UntilAsync(async () => await ProblemAsync() is null);
        await RelayedAsync();
    }

    [Fact]
    public async Task An_item_that_cannot_be_put_aside_stays_in_the_outbox_and_holds_up_no_other()
    {
        edge = HomeAndEdge.EdgeOf(home.Url);
        edge.Query("CREATE TRIGGER no BEFORE INSERT ON outbox_aside BEGIN SELECT raise(ABORT, 'no'); END");
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();
        await RelayedAsync();
        (await edge.TrackAsync("""{"glue_user_id":"b","event":"e","event_id":"x"}""")).IsOk();
        (await edge.TrackAsync("""{"glue_user_id":"c","event":"e","event_id":"y"}""")).IsOk();
        await Poll.UntilAsync(() => Task.FromResult(home.Query("SELECT 1 FROM events").Count == 2));
        await Poll.UntilAsync(() => Task.FromResult(edge.Query("SELECT 1 FROM outbox WHERE attempts > 0").Count == 1));
        await Poll.UntilAsync(() => Task.FromResult(edge.Query("SELECT 1 FROM outbox").Count == 1));

        edge.Query("DROP TRIGGER no");
        edge.Clock.Advance(TimeSpan.FromSeconds(1));
        await RelayedAsync();
        Assert.Equal(["1"], edge.Query("SELECT count(*) FROM outbox_aside"));
    }

    [Fact]
    public async Task Rows_that_are_no_items_do_not_hold_up_the_others()
    {
        edge = HomeAndEdge.EdgeOf(home.Url);
        edge.Query($"INSERT INTO outbox (received, item) VALUES ('x', '7'), ('x', '{string.Concat(Enumerable.Repeat("[", 200))}{string.Concat(Enumerable.Repeat("]", 200))}'), ('x', '{{}}')");
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        await Poll.UntilAsync(() => Task.FromResult(home.Query("SELECT 1 FROM events").Count == 1));
        await Poll.UntilAsync(async () => (int)(await edge.GetAsync("/glue/outbox?limit=0")).IsOk().Json["aside_count"]! == 3);
        await RelayedAsync();
    }

    [Fact]
    public async Task A_header_that_cannot_be_sent_on_is_left_out()
    {
        edge = HomeAndEdge.EdgeOf(home.Url);
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        using var request = new HttpRequestMessage(HttpMethod.Get, edge.Address("/glue/user/a"));
        request.Headers.TryAddWithoutValidation("User-Agent", "caf\u00e9");
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 });
        client.DefaultRequestHeaders.Add("x-api-key", HomeAndEdge.Key);

        (await Reply.ReadAsync(await client.SendAsync(request))).IsOk();
    }

    [Fact]
    public async Task What_answers_a_read_in_the_place_of_the_home_is_not_believed()
    {
        var port = int.Parse(home.Url.Split(':')[2], System.Globalization.CultureInfo.InvariantCulture);
        await using var stranger = await StubServer.StartAsync(port);
        edge = HomeAndEdge.EdgeOf(stranger.Url);
        (await edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        await RelayedAsync();

        foreach (var (status, body) in new[] { (404, "<html>no such page</html>"), (200, """{"success":true,"user":{}}"""), (503, "<html>sorry</html>") })
        {
            stranger.Says(status, body, "text/html");
            var reply = await edge.UserAsync("a");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
            Assert.StartsWith("This edge takes writes, but its home, which answers this, cannot be asked at present. ", reply.Error, StringComparison.Ordinal);
        }

        // It says nothing of what is relayed.
        Assert.Equal("relaying", (string)(await edge.GetAsync("/glue/outbox")).IsOk().Json["state"]!);
    }

    public void Dispose()
    {
        edge?.Dispose();
        home.Dispose();
    }

    private async Task<string?> ProblemAsync() => (string?)(await edge!.GetAsync("/glue/outbox?limit=0")).IsOk().Json["problem"];

    private Task RelayedAsync() => Poll.UntilAsync(async () => (int)(await edge!.GetAsync("/glue/outbox?limit=0")).IsOk().Json["depth"]! == 0);
}
