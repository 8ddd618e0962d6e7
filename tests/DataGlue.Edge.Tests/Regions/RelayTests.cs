using System.Net;
using System.Text.RegularExpressions;
using CsCheck;
using DataGlue.Edge.Tests.Fuzz;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>What an edge has accepted comes to the same at the home as if it had been sent there.</summary>
public sealed partial class RelayTests : IDisposable
{
    private readonly HomeAndEdge pair = new();

    private ServerApp Home => pair.Home;

    private ServerApp Edge => pair.Edge;

    [Fact]
    public async Task The_home_answers_an_identification()
    {
        const string Stolen = "event_id belongs to another glue_user_id; give the event an id of its own";
        Home.Query("CREATE TRIGGER no BEFORE INSERT ON identities WHEN new.email = 'no@example.com' BEGIN SELECT raise(ABORT, 'no'); END");

        Assert.Equal("""{"success":true,"user_id":"a","new_user":true}""", (await Edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","event_id":"i"}""")).IsOk().Body);
        Assert.Equal("""{"success":true,"user_id":"a","new_user":false}""", (await Edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).IsOk().Body);
        (await Edge.IdentifyAsync("""{"glue_user_id":"b","email":"b@example.com","event_id":"i"}""")).IsError(HttpStatusCode.Conflict, Stolen);
        (await Edge.IdentifyAsync("""{"glue_user_id":"c","email":"no@example.com"}""")).IsError(
            HttpStatusCode.BadRequest, "The database refused this write; a rule of its owner does not allow it");
        Assert.Empty(Edge.Query("SELECT 1 FROM outbox"));
        Assert.Equal(["2"], Home.Query("SELECT count(*) FROM identities"));
    }

    [Fact]
    public async Task The_home_is_asked_for_no_identification_of_a_batch()
    {
        await Edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""");

        var reply = await Edge.BatchAsync("""{"batch":[{"type":"identify","glue_user_id":"b","email":"b@example.com","event_id":"i"}]}""");

        Assert.Equal("""{"success":true,"results":[{"status":"stored","event_id":"i"}],"queued":true}""", reply.IsOk().Body);
        await pair.RelayedAsync();
        Assert.Equal(["i"], Home.Query("SELECT event_id FROM identities WHERE glue_user_id = 'b'"));
    }

    [Fact]
    public async Task The_time_is_that_of_the_edge()
    {
        Home.Clock.Advance(TimeSpan.FromDays(3));
        var id = (string)(await Edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk().Json["event_id"]!;
        await pair.RelayedAsync();

        Assert.Equal([$"{id} 2024-06-01T12:00:00.000Z 2024-06-01T12:00:00.000Z 1"], Home.Query("SELECT event_id || ' ' || timestamp || ' ' || created_at || ' ' || server_made FROM events"));
    }

    [Fact]
    public async Task A_caller_reads_its_own_writes()
    {
        for (var i = 1; i <= 20; i++)
        {
            await Edge.TrackAsync("""{"glue_user_id":"a","event":"e"}""");
            Assert.Equal(i, (int)(await Edge.UserAsync("a")).IsOk().Json["user"]!["total_events"]!);
        }
    }

    [Fact]
    public async Task A_rejected_item_is_put_aside_and_those_behind_it_go_on()
    {
        await Edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""");
        await Edge.TrackAsync("""{"glue_user_id":"b","event":"e","event_id":"x"}""");
        await Edge.SyncAsync("""{"glue_user_id":"b","data":{"events":[{"event":""},{"event":"e","event_id":"x"},{"event":"e","event_id":"y"}]}}""");
        await Edge.TrackAsync("""{"glue_user_id":"c","event":"e","event_id":"z"}""");
        await pair.RelayedAsync();

        Assert.Equal(["a x", "b y", "c z"], Home.Query("SELECT glue_user_id || ' ' || event_id FROM events ORDER BY 1"));
        var outbox = (await Edge.GetAsync("/glue/outbox")).IsOk().Json;
        Assert.Equal(2, (int)outbox["aside_count"]!);
        Assert.Equal(
            [
                "409: event_id belongs to another glue_user_id; give the event an id of its own",
                "Events of the sync were rejected: 1: event_id belongs to another glue_user_id; give the event an id of its own",
            ],
            outbox["aside"]!.AsArray().Select(item => (string)item!["reason"]!));
        Assert.Equal("b", (string)outbox["aside"]![0]!["item"]!["item"]!["glue_user_id"]!);
    }

    [Fact]
    public async Task What_is_aside_can_be_sent_again_and_deleted_one_by_one_and_all_at_once()
    {
        await Edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x"}""");
        for (var i = 0; i < 5; i++)
        {
            await Edge.TrackAsync("""{"glue_user_id":"b","event":"e","event_id":"x"}""");
        }

        await pair.RelayedAsync();
        var page = (await Edge.GetAsync("/glue/outbox?limit=2&after=1")).IsOk().Json;
        Assert.Equal([2, 3], page["aside"]!.AsArray().Select(item => (int)item!["id"]!));
        Assert.Equal(3, (int)page["next_after"]!);
        Assert.Null((await Edge.GetAsync("/glue/outbox?limit=2&after=3")).IsOk().Json["next_after"]);

        (await Edge.SendAsync("POST", "/glue/outbox/aside/9/retry")).IsError(HttpStatusCode.NotFound, "No item 9 is aside");
        (await Edge.SendAsync("DELETE", "/glue/outbox/aside/9")).IsError(HttpStatusCode.NotFound, "No item 9 is aside");
        (await Edge.SendAsync("DELETE", "/glue/outbox/aside/x")).IsError(HttpStatusCode.BadRequest, "id must be a whole number from 1 to 9223372036854775807");
        Assert.Equal("""{"success":true,"count":1}""", (await Edge.SendAsync("DELETE", "/glue/outbox/aside/1")).IsOk().Body);
        Home.Query("UPDATE events SET event_id = 'renamed'");
        Assert.Equal("""{"success":true,"count":1}""", (await Edge.SendAsync("POST", "/glue/outbox/aside/2/retry")).IsOk().Body);
        await pair.RelayedAsync();
        Assert.Equal(["b"], Home.Query("SELECT glue_user_id FROM events WHERE event_id = 'x'"));
        Assert.Equal("""{"success":true,"count":3}""", (await Edge.SendAsync("POST", "/glue/outbox/aside/all/retry")).IsOk().Body);
        await pair.RelayedAsync();
        Assert.Equal(0, (int)(await Edge.GetAsync("/glue/outbox")).IsOk().Json["aside_count"]!);
        Assert.Equal("""{"success":true,"count":0}""", (await Edge.SendAsync("DELETE", "/glue/outbox/aside/all")).IsOk().Body);
        Assert.Equal(["2"], Home.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task More_items_than_a_relay_holds_and_items_larger_than_one_all_arrive()
    {
        var batch = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $$"""{"type":"track","glue_user_id":"u{{i % 7}}","event":"e"}"""));
        for (var i = 0; i < 3; i++)
        {
            (await Edge.BatchAsync($$"""{"batch":[{{batch}}]}""")).IsOk();
        }

        var large = string.Join(',', Enumerable.Range(0, 9_000).Select(i => $$"""{"event":"large","properties":{"n":{{i}},"text":"{{new string('x', 60)}}"} }"""));
        (await Edge.SyncAsync($$"""{"glue_user_id":"large","data":{"events":[{{large}}]} }""")).IsOk();
        await pair.RelayedAsync();

        Assert.Equal(["12000"], Home.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task Whatever_is_sent_an_edge_answers_and_the_home_stores_as_one_server_would()
    {
        // With the key, as the clients of the edge.
        using var single = new ServerApp(("API_KEY", HomeAndEdge.Key));
        single.Client.DefaultRequestHeaders.Add("x-api-key", HomeAndEdge.Key);
        var bodies = new ValidBodies(new Visitors(300));
        var request = Gen.Frequency(
            (4, bodies.Track.Select(body => ("track", body))), (2, bodies.Identify.Select(body => ("identify", body))),
            (2, bodies.Sync.Select(body => ("sync", body))), (2, bodies.Batch.Select(body => ("batch", body))));
        var mutated = Gen.Select(request, JsonMutation.Any.Array[0, 1], (one, changes) =>
            (Verb: one.Item1, Body: changes.Aggregate(System.Text.Encoding.UTF8.GetBytes(one.body), (body, change) => change.Apply(body))));

        await mutated.SampleAsync(one => CompareAsync(single, one.Verb, one.Body), iter: 400, threads: 1);

        await pair.RelayedAsync();
        Assert.Equal(Stored(single), Stored(Home));
    }

    public void Dispose() => pair.Dispose();

    private async Task CompareAsync(ServerApp single, string verb, byte[] body)
    {
        foreach (var app in new[] { single, Home, Edge })
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        if (verb == "identify")
        {
            // It goes to the home at once, and would overtake what waits: which of two visitors has an id first decides whose it is.
            await pair.RelayedAsync();
        }

        var expected = await single.PostAsync("/glue/" + verb, body, "application/json");
        var reply = await Edge.PostAsync("/glue/" + verb, body, "application/json");
        if (expected.Status == HttpStatusCode.Conflict && verb == "track")
        {
            // Only the home can know.
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            return;
        }

        Assert.Equal(expected.Status, reply.Status);
        if (expected.Status != HttpStatusCode.OK)
        {
            Assert.Equal(expected.Body, reply.Body);
        }
    }

    private static IEnumerable<string> Stored(ServerApp app) => app.Journeys()
        .Concat(app.Query("SELECT json_array(event_id, created_at) FROM events UNION ALL SELECT json_array(event_id, glue_user_id, created_at) FROM identities"))
        .Select(row => Made().Replace(row, "$1")).Order(StringComparer.Ordinal);

    [GeneratedRegex("((evt|idn)_[0-9]+)_[0-9a-z]{9}")]
    private static partial Regex Made();
}
