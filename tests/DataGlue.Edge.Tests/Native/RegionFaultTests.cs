using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace DataGlue.Edge.Tests.Native;

/// <summary>One thing at a time goes wrong between an edge and its home: what was accepted stays, and the owner is told what to change.</summary>
[Collection(nameof(NativeTests))]
public sealed class RegionFaultTests(NativeBinary binary) : IDisposable
{
    private const string Page = "<!doctype html><title>A stranger</title>";

    private const string Fault = """{"success":false,"error":"no"}""";

    // What the home answers to each; a status of 0 breaks the connection, as when it has crashed.
    private static readonly (string Id, int Status)[] Poisons = [("poison1", 500), ("poison2", 502), ("poison3", 0)];

    private readonly Region region = new(binary);

    [Fact]
    public async Task What_the_home_rejects_is_put_aside_with_the_reason_and_waits_for_its_owner()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        (await home.TrackAsync("owner", "taken")).IsOk();

        (await edge.TrackAsync("thief", "taken")).IsOk();
        (await edge.PostAsync("/glue/sync", """{"glue_user_id":"thief","data":{"events":[{"event":"e","event_id":"own"},{"event":"e","event_id":"taken"}]}}""")).IsOk();
        (await edge.TrackAsync("thief", "after")).IsOk();
        await edge.OutboxIsAsync(state => (int)state["aside_count"]! == 2 && (int)state["depth"]! == 0);

        Assert.Equal(["after", "own"], home.Database.Query("SELECT event_id FROM events WHERE glue_user_id = 'thief' ORDER BY 1"));
        var outbox = await edge.OutboxAsync();
        Assert.Equal("relaying", (string)outbox["state"]!);
        Assert.Matches("^409: .*event_id", (string)outbox["aside"]![0]!["reason"]!);
        Assert.Matches("^Events of the sync were rejected: 1: .*event_id", (string)outbox["aside"]![1]!["reason"]!);
        Assert.Equal("taken", (string)outbox["aside"]![0]!["item"]!["item"]!["event_id"]!);
        Assert.NotEqual(0, edge.Told("The home has rejected items of the outbox: "));
    }

    [Fact]
    public async Task What_is_aside_is_sent_again_or_deleted_as_its_owner_says()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        (await home.TrackAsync("owner", "taken")).IsOk();
        foreach (var thief in new[] { "a", "b", "c" })
        {
            (await edge.TrackAsync(thief, "taken")).IsOk();
        }

        await edge.OutboxIsAsync(state => (int)state["aside_count"]! == 3);
        Assert.Equal("""{"success":true,"count":1}""", (await edge.PostAsync("/glue/outbox/aside/2/retry", "")).IsOk().Body);
        await edge.OutboxIsAsync(state => state["aside"]!.AsArray().Select(item => (string)item!["item"]!["item"]!["glue_user_id"]!).SequenceEqual(["a", "c", "b"]));
        (await edge.DeleteAsync("/glue/outbox/aside/2")).IsError(HttpStatusCode.NotFound, "No item 2 is aside");
        Assert.Equal("""{"success":true,"count":1}""", (await edge.DeleteAsync("/glue/outbox/aside/1")).IsOk().Body);

        home.Database.Query("DELETE FROM events WHERE event_id = 'taken'");
        Assert.Equal("""{"success":true,"count":2}""", (await edge.PostAsync("/glue/outbox/aside/all/retry", "")).IsOk().Body);
        await edge.OutboxIsAsync(state => (int)state["aside_count"]! == 1 && (int)state["depth"]! == 0);
        Assert.Equal(["c"], home.Database.Query("SELECT glue_user_id FROM events WHERE event_id = 'taken'"));
        Assert.Equal("""{"success":true,"count":1}""", (await edge.DeleteAsync("/glue/outbox/aside/all")).IsOk().Body);
        await edge.DrainsAsync();
    }

    [Fact]
    public async Task Items_on_which_the_home_fails_let_the_others_pass_and_go_when_the_home_is_mended()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await using var proxy = await StubServer.StartAsync(home.Port);
        proxy.Answer = (body, context) => Task.FromResult(FailOnPoison(body, context));
        var edge = await region.StartEdgeAsync(proxy.Url);
        var ids = Enumerable.Range(0, 40).Select(i => i % 10 == 5 && i / 10 < Poisons.Length ? Poisons[i / 10].Id : $"e{i}");
        (await edge.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', ids.Select(id => $$"""{"type":"track","glue_user_id":"u","event":"e","event_id":"{{id}}"}""")) + "]}")).IsOk();

        await edge.OutboxIsAsync(state => (int)state["depth"]! == Poisons.Length);
        (await edge.TrackAsync("u", "later")).IsOk();
        await edge.OutboxIsAsync(state => (int)state["depth"]! == Poisons.Length);
        Assert.Equal(41 - Poisons.Length, Count(home, "u"));
        Assert.Equal(["6", "16", "26"], edge.Database.Query("SELECT id FROM outbox ORDER BY id"));
        await Poll.UntilAsync(() => Task.FromResult(edge.Told("The home fails on item ") >= Poisons.Length));

        // A visitor who goes on does not keep them from having another try.
        proxy.Answer = (_, _) => Task.FromResult(false);
        var more = 0;
        await Poll.UntilAsync(async () =>
        {
            (await edge.TrackAsync("u", $"more{more++}")).IsOk();
            return home.Database.Query("SELECT 1 FROM events WHERE event_id LIKE 'poison%'").Count == Poisons.Length;
        });
        await edge.DrainsAsync();
        Assert.Equal(41 + more, Count(home, "u"));
    }

    [Theory]
    [InlineData(502, "")]
    [InlineData(504, "")]
    [InlineData(500, Fault)]
    public async Task While_all_that_answers_is_a_proxy_no_item_is_blamed_and_the_edge_asks_now_and_then(int status, string answer)
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await using var proxy = await StubServer.StartAsync(home.Port);
        var edge = await region.StartEdgeAsync(proxy.Url);
        (await edge.TrackAsync("u", "first")).IsOk();
        await edge.DrainsAsync();
        proxy.Says(status, answer);
        var before = proxy.Seen.Count;
        var started = Stopwatch.StartNew();
        for (var i = 0; i < 50; i++)
        {
            (await edge.TrackAsync("u", $"e{i}")).IsOk();
        }

        await edge.OutboxIsAsync(state => (string)state["state"]! == "away");
        await Task.Delay(3_000);

        // Each attempt is a relay and a greeting, with pauses of 0.1 s and more, which double.
        Assert.InRange(proxy.Seen.Count - before, 2, 16 + (2 * (int)started.Elapsed.TotalSeconds));
        Assert.Equal(["50 0"], edge.Database.Query("SELECT count(*) || ' ' || max(attempts) FROM outbox"));
        proxy.Answer = (_, _) => Task.FromResult(false);
        await edge.DrainsAsync();
        Assert.Equal(51, Count(home, "u"));

        // They go together.
        Assert.InRange(proxy.Seen.Count(body => body.Contains("\"e49\"", StringComparison.Ordinal) && body.Contains("\"e0\"", StringComparison.Ordinal)), 1, int.MaxValue);
    }

    [Fact]
    public async Task With_a_wrong_key_everything_is_held_until_it_is_right()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = region.Place("edge", Region.Edge(home.Url));
        edge.Set(("API_KEY", $"of-another-0123456789,{Node.Key}"));
        await edge.StartAsync();
        (await edge.TrackAsync("u", "1")).IsOk();

        await IsHeldAsync(edge, "The home does not know the key that this edge shows it (RELAY_KEY, or else the first API_KEY): 401");
        Assert.Equal("""{"success":true,"user_id":"u","new_user":false,"queued":true}""", (await IdentifyAsync(edge, "u")).IsOk().Body);
        Assert.Equal(0, Count(home, "u"));
        await edge.Process.TerminateAsync();
        edge.Set(("API_KEY", Node.Key));
        await edge.StartAsync();

        await edge.DrainsAsync();
        Assert.Equal(1, Count(home, "u"));
        Assert.Equal(["u@example.com"], home.Database.Query("SELECT email FROM users"));
    }

    [Theory]
    [InlineData(401, "held", Fault, "The home does not know the key that this edge shows it (RELAY_KEY, or else the first API_KEY): 401, no")]
    [InlineData(403, "held", Page, "The home does not know the key that this edge shows it (RELAY_KEY, or else the first API_KEY): 403")]
    [InlineData(404, "held", Page, "What answers at the home's address takes no relays; it may be an older version: 404")]
    [InlineData(501, "held", Fault, "The home is older than this edge: 501, no")]
    [InlineData(421, "held", Fault, "Another database than the home's answers at its address: 421, no")]
    [InlineData(302, "held", Page, "What answers at the home's address is no home: 302")]
    [InlineData(200, "held", Page, "is no home of this version")]
    [InlineData(200, "held", """{"success":true}""", "is no home of this version")]
    [InlineData(200, "held", """{"success":true,"format":1,"database_id":"x","results":[]}""", "is no home of this version")]
    [InlineData(400, "held", Fault, "is no home of this version")]
    [InlineData(429, "away", Fault, "The home takes nothing at present: 429, no")]
    [InlineData(503, "away", Fault, "The home takes nothing at present: 503, no")]
    [InlineData(500, "away", Page, "The home fails: 500")]
    [InlineData(502, "away", Page, "The home does not answer the proxy before it: 502")]
    public async Task Whatever_answers_in_the_place_of_the_home_nothing_is_lost_and_the_owner_is_told(int status, string state, string body, string problem)
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await using var stranger = await StubServer.StartAsync(home.Port);
        var edge = await region.StartEdgeAsync(stranger.Url);
        (await edge.TrackAsync("u", "0")).IsOk();
        await edge.DrainsAsync();
        stranger.Says(status, body);

        (await edge.TrackAsync("u", "1")).IsOk();
        (await IdentifyAsync(edge, "u")).IsOk();
        await edge.OutboxIsAsync(outbox => (string)outbox["state"]! == state && ((string?)outbox["problem"] ?? "").Contains(problem, StringComparison.Ordinal));
        var outbox = await edge.OutboxAsync();
        Assert.Equal((2, 0), ((int)outbox["depth"]!, (int)outbox["aside_count"]!));
        await edge.MetricIsAsync("dataglue_home_up", "0");

        stranger.Answer = (_, _) => Task.FromResult(false);
        await edge.DrainsAsync();
        Assert.Equal(2, Count(home, "u"));
        Assert.Equal("relaying", (string)(await edge.OutboxAsync())["state"]!);
    }

    [Fact]
    public async Task Another_home_at_the_address_gets_nothing_before_the_owner_says_so()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var other = await region.StartHomeAsync("other");
        var link = region.LinkTo(home.Port);
        var edge = await region.StartEdgeAsync(link.Url);
        (await edge.TrackAsync("u", "1")).IsOk();
        await edge.DrainsAsync();
        link.LeadTo(other.Port);

        (await edge.TrackAsync("u", "2")).IsOk();
        Assert.True((bool)(await IdentifyAsync(edge, "u")).IsOk().Json["queued"]!);
        await IsHeldAsync(edge, "Another database than the home's answers at its address: 421");
        (await edge.GetAsync("/glue/user/u")).IsUnavailable();
        Assert.Empty(other.Database.Query("SELECT 1 FROM users"));

        Assert.Equal("""{"success":true,"count":1}""", (await edge.DeleteAsync("/glue/outbox/home")).IsOk().Body);
        await edge.DrainsAsync();
        Assert.Equal((1, 1), (Count(home, "u"), Count(other, "u")));
        Assert.Equal((string)(await other.OutboxAsync())["database_id"]!, (string)(await edge.OutboxAsync())["home_id"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_edge_takes_neither_another_edge_nor_itself_for_its_home(bool itself)
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var other = await region.StartEdgeAsync(home.Url, "other");
        var edge = region.Place("edge");
        edge.Set(Region.Edge(itself ? edge.Url : other.Url));
        await edge.StartAsync();

        (await edge.TrackAsync("u", "1")).IsOk();
        await IsHeldAsync(edge, "What answers at the home's address is an edge itself: 508");
        (await edge.GetAsync("/glue/user/u")).IsUnavailable();
        Assert.Equal(1, (int)(await edge.OutboxAsync())["depth"]!);
        Assert.Equal(0, Count(home, "u"));

        await edge.Process.TerminateAsync();
        edge.Set(Region.Edge(home.Url));
        await edge.StartAsync();
        await edge.DrainsAsync();
        Assert.Equal(1, Count(home, "u"));
    }

    [Fact]
    public async Task A_database_with_visitors_does_not_start_as_an_edge()
    {
        NativeBinary.SkipWithout();
        var node = await region.StartHomeAsync();
        (await node.TrackAsync("u", "1")).IsOk();
        await node.Process.TerminateAsync();
        node.Set(Region.Edge("http://127.0.0.1:9"));

        Assert.StartsWith($"DATABASE_PATH must be that of an edge, and '{node.DatabasePath}' holds visitors: ", await node.RefusesToStartAsync(), StringComparison.Ordinal);
        node.Set(("HOME_URL", ""));
        await node.StartAsync();
        Assert.Equal(1, Count(node, "u"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_edge_that_was_promoted_stores_what_its_outbox_holds(bool killed)
    {
        NativeBinary.SkipWithout();
        var node = await region.StartEdgeAsync("http://127.0.0.1:9");
        (await node.TrackAsync("u", "1")).IsOk();
        (await IdentifyAsync(node, "u")).IsOk();
        (await node.PostAsync("/glue/sync", """{"glue_user_id":"u","data":{"events":[{"event":"e","event_id":"2"},{"event":"f"}]}}""")).IsOk();
        var accepted = DateTimeOffset.UtcNow;
        await (killed ? node.Process.KillAsync() : node.Process.TerminateAsync());
        node.Set(("HOME_URL", ""));
        Assert.StartsWith($"HOME_URL must be set, as '{node.DatabasePath}' is the database of an edge, ", await node.RefusesToStartAsync(), StringComparison.Ordinal);
        (await node.RunAsync("promote", "--force")).IsOk();
        await node.StartAsync();

        await node.DrainsAsync();
        Assert.Equal("home", (string)(await node.OutboxAsync())["state"]!);
        var user = (await node.GetAsync("/glue/user/u")).IsOk().Json;
        Assert.Equal(3, (int)user["summary"]!["total_events"]!);
        Assert.Equal("u@example.com", (string)user["user"]!["email"]!);
        Assert.All(user["events"]!.AsArray(), item => Assert.True(Instant(item!["timestamp"]) <= accepted && Instant(item["created_at"]) <= accepted));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9", "", "API_KEY must be set at an edge, to a key of its home http://127.0.0.1:9/")]
    [InlineData("http://home.example.com", Node.Key, "HOME_URL must begin with https:// where the address is not a private one, since the key is sent there, not 'http://home.example.com'")]
    [InlineData("http://203.0.113.7:3000", Node.Key, "HOME_URL must begin with https:// where the address is not a private one, since the key is sent there, not 'http://203.0.113.7:3000'")]
    [InlineData("home.example.com", Node.Key, "HOME_URL must be an address like https://home.example.com, not 'home.example.com'")]
    [InlineData("https://home.example.com/?a=b", Node.Key, "HOME_URL must be an address like https://home.example.com, not 'https://home.example.com/?a=b'")]
    [InlineData("https://owner:secret@home.example.com", Node.Key, "HOME_URL must be an address without a name or password in it; the key is that of API_KEY")]
    public async Task An_edge_that_could_not_be_one_does_not_start(string home, string key, string sentence)
    {
        NativeBinary.SkipWithout();
        var edge = region.Place("edge", Region.Edge(home));
        edge.Set(("API_KEY", key));

        Assert.Equal(sentence, await edge.RefusesToStartAsync());
        Assert.False(File.Exists(edge.DatabasePath));
    }

    [Fact]
    public async Task An_identification_is_queued_while_the_home_is_silent_and_the_next_does_not_even_ask_it()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await using var silent = await StubServer.StartAsync(home.Port);
        var edge = await region.StartEdgeAsync(silent.Url);
        Assert.Equal("""{"success":true,"user_id":"known","new_user":true}""", (await IdentifyAsync(edge, "known")).IsOk().Body);
        Assert.Equal("""{"success":true,"user_id":"known","new_user":false}""", (await IdentifyAsync(edge, "known")).IsOk().Body);
        var awake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silent.Answer = async (_, context) =>
        {
            await awake.Task.WaitAsync(context.RequestAborted);
            return false;
        };

        Assert.Equal("""{"success":true,"user_id":"first","new_user":false,"queued":true}""", (await IdentifyAsync(edge, "first")).IsOk().Body);

        // Once by the caller's leave, once by the relay, which now waits for an answer to it and sends nothing else.
        await Poll.UntilAsync(() => Task.FromResult(silent.Seen.Count(body => body.Contains("\"first\"", StringComparison.Ordinal)) == 2));
        Assert.Equal("""{"success":true,"user_id":"second","new_user":false,"queued":true}""", (await IdentifyAsync(edge, "second")).IsOk().Body);
        Assert.DoesNotContain(silent.Seen, body => body.Contains("\"second\"", StringComparison.Ordinal));

        awake.SetResult();
        await edge.DrainsAsync();
        Assert.Equal(["first", "known", "second"], home.Database.Query("SELECT glue_user_id FROM users WHERE identified ORDER BY 1"));
    }

    [Fact]
    public async Task The_time_of_receipt_is_that_at_the_edge()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        var edge = await region.StartEdgeAsync(home.Url);
        await home.Process.KillAsync();
        var before = DateTimeOffset.UtcNow.AddMilliseconds(-1);
        (await edge.TrackAsync("u", "track")).IsOk();
        (await IdentifyAsync(edge, "u")).IsOk();
        (await edge.PostAsync("/glue/sync", """{"glue_user_id":"u","data":{"sessions":[{"id":"s"}],"events":[{"event":"e","event_id":"sync"}]}}""")).IsOk();
        (await edge.PostAsync("/glue/batch", """{"batch":[{"type":"track","glue_user_id":"u","event":"e","event_id":"batch"}]}""")).IsOk();
        var accepted = DateTimeOffset.UtcNow;
        await Task.Delay(50);
        await home.StartAsync();
        await edge.DrainsAsync();

        Assert.Equal(["batch", "sync", "track"], home.Database.Query("SELECT event_id FROM events WHERE timestamp = created_at ORDER BY 1"));
        var times = home.Database.Query(
            """
            SELECT timestamp FROM events UNION ALL SELECT created_at FROM events UNION ALL SELECT timestamp FROM identities
            UNION ALL SELECT synced_at FROM sessions UNION ALL SELECT first_seen FROM users UNION ALL SELECT last_seen FROM users
            UNION ALL SELECT identified_at FROM users UNION ALL SELECT last_synced FROM users
            """);
        Assert.All(times, time => Assert.InRange(Instant(time), before, accepted));
    }

    [Fact]
    public async Task What_the_home_has_stored_and_could_not_say_so_is_not_stored_twice()
    {
        NativeBinary.SkipWithout();
        var home = await region.StartHomeAsync();
        await using var proxy = await StubServer.StartAsync(home.Port);
        var edge = await region.StartEdgeAsync(proxy.Url);
        var lost = 0;
        proxy.Answer = async (body, context) =>
        {
            // The home has stored it, and its answer never arrives.
            if (body.Contains("\"u\"", StringComparison.Ordinal) && Interlocked.Increment(ref lost) == 1)
            {
                using var request = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
                (await Reply.ReadAsync(await home.Client.PostAsync(home.Address("/glue/relay"), request))).IsOk();
                return Fail(context, 0);
            }

            return false;
        };

        (await edge.PostAsync("/glue/track", """{"glue_user_id":"u","event":"e"}""")).IsOk();
        await edge.DrainsAsync();
        Assert.Equal(2, lost);
        Assert.Equal(1, Count(home, "u"));
    }

    public void Dispose() => region.Dispose();

    private static bool FailOnPoison(string body, HttpContext context) =>
        Poisons.FirstOrDefault(poison => body.Contains(poison.Id, StringComparison.Ordinal)) is { Id: not null } poison && Fail(context, poison.Status);

    private static bool Fail(HttpContext context, int status)
    {
        if (status == 0)
        {
            context.Abort();
        }
        else
        {
            context.Response.StatusCode = status;
        }

        return true;
    }

    private static Task<Reply> IdentifyAsync(Node node, string user) =>
        node.PostAsync("/glue/identify", $$"""{"glue_user_id":"{{user}}","email":"{{user}}@example.com"}""");

    private static async Task IsHeldAsync(Node edge, string problem)
    {
        await edge.OutboxIsAsync(outbox => (string)outbox["state"]! == "held");
        Assert.StartsWith(problem, (string)(await edge.OutboxAsync())["problem"]!, StringComparison.Ordinal);
        await Poll.UntilAsync(() => Task.FromResult(edge.Told($"The home has not taken what it was sent, which is kept: {problem}") > 0));
    }

    private static int Count(Node node, string user) =>
        int.Parse(node.Database.Query($"SELECT count(*) FROM events WHERE glue_user_id = '{user}'")[0], CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(JsonNode? node) => Instant((string)node!);

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
