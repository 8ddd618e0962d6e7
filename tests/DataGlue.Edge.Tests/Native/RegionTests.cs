using System.Diagnostics;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>
/// A home and three edges under many writes, while all that can go wrong between them does: in the end the home holds what one server would
/// hold that was given the same writes, in another order, by itself.
/// </summary>
[Collection(nameof(NativeTests))]
public sealed class RegionTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Events = 104_000;

    private const int Seed = 20_240_601;

    // What tells one database from another: everything but the number of a row and when it came here.
    private static readonly (string Table, string Columns)[] Tables =
    [
        ("users", "glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, last_synced, first_touch_key, last_touch_key, logged"),
        ("events", "glue_user_id, event_id, session_id, event, timestamp, properties, email, user_id, name, claim, context, touch, touch_counts, touch_trusted, fingerprint, trusted, source, server_made, live_event_id"),
        ("identities", "glue_user_id, event_id, kind, timestamp, email, email_key, user_id, name, claim, starts, traits, context, first_seen, last_seen, touch, touch_counts, fingerprint, trusted, source"),
        ("traits", "glue_user_id, name, timestamp, event_id, kind, size, value"),
        ("long_traits", "glue_user_id, event_id, kind, name, value"),
        ("sessions", "glue_user_id, session_id, data, synced_at, event_id"),
    ];

    private readonly Region region = new(binary);
    private readonly Random random = new(Seed);

    [Fact]
    public async Task In_the_end_the_home_equals_a_single_server_that_was_given_the_same_writes()
    {
        NativeBinary.SkipWithout();
        var writes = new MixedWrites(Events, Seed);
        var home = await region.StartHomeAsync();
        var links = Enumerable.Range(0, 3).Select(_ => region.LinkTo(home.Port)).ToArray();
        var edges = new Node[links.Length];
        for (var i = 0; i < edges.Length; i++)
        {
            edges[i] = await region.StartEdgeAsync(links[i].Url, $"edge{i}");
        }

        var started = Stopwatch.GetTimestamp();
        var traffic = new RegionTraffic([.. edges, home], PostsOf(writes.All), random);
        await DisturbAsync(traffic, home, links, edges);
        await traffic.EndsAsync();
        var acknowledged = Stopwatch.GetElapsedTime(started);
        await Task.WhenAll(edges.Select(edge => edge.DrainsAsync()));
        output.WriteLine($"{traffic.Total} posts acknowledged in {acknowledged.TotalSeconds:0.0} s, {traffic.Failed} of them not at the first node; all at the home after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");

        await StopAsync([home, .. edges]);
        Assert.All(edges, edge => Assert.Equal(["0"], edge.Database.Query("SELECT count(*) FROM (SELECT 1 FROM users UNION ALL SELECT 1 FROM events UNION ALL SELECT 1 FROM outbox)")));
        HoldsEachOnce(home, writes, traffic);
        await EqualsSingleAsync(home, writes);
    }

    public void Dispose() => region.Dispose();

    // Each at its point of the traffic, whatever the time: all edges take writes throughout.
    private async Task DisturbAsync(RegionTraffic traffic, Node home, Link[] links, Node[] edges)
    {
        (links[0].Latency, links[0].BytesPerSecond) = (TimeSpan.FromMilliseconds(15), 3_000_000);
        await traffic.ReachesAsync(10);
        await home.Process.KillAsync();
        await traffic.ReachesAsync(25);
        var depths = await Task.WhenAll(edges.Select(DepthAsync));
        Assert.All(depths, depth => Assert.NotEqual(0, depth));
        await home.StartAsync();

        await traffic.ReachesAsync(35);
        links[2].Cut();
        links[1].Silence();
        await traffic.ReachesAsync(50);
        await edges[2].Process.KillAsync();
        var waiting = edges[2].Database.Query("SELECT count(*) FROM outbox")[0];
        Assert.NotEqual("0", waiting);
        output.WriteLine($"{string.Join(", ", depths)} items waited while the home was away, {waiting} in the edge that was killed");
        await traffic.ReachesAsync(55);
        await edges[2].StartAsync();
        links[1].Mend();

        // With a relay on its way over the slow link, which the home may have and the edge not know of.
        await traffic.ReachesAsync(60);
        await edges[0].Process.KillAsync();
        await traffic.ReachesAsync(62);
        await edges[0].StartAsync();

        await traffic.ReachesAsync(68);
        await home.Process.KillAsync();
        links[2].Mend();
        await traffic.ReachesAsync(75);
        await home.StartAsync();
        links[1].Cut();
        await traffic.ReachesAsync(90);
        links[1].Mend();
    }

    // Mostly batches of every size, some writes by themselves; two in five come twice or more, to whichever node.
    private List<ClientPost> PostsOf(IReadOnlyList<ClientWrite> writes)
    {
        var all = writes.Concat(writes.Where(_ => random.Next(4) == 0)).ToArray();
        random.Shuffle(all);
        var posts = new List<ClientPost>();
        for (var at = 0; at < all.Length;)
        {
            var size = Math.Min(random.Next(3) == 0 ? 1 : random.Next(1, 1_001), all.Length - at);
            posts.Add(size == 1 ? ClientPost.Of(all[at]) : ClientPost.Of([.. all.AsSpan(at, size), all[at]]));
            at += size;
        }

        posts.AddRange(posts.Where(_ => random.Next(6) == 0).ToList());
        return posts;
    }

    private static async Task<int> DepthAsync(Node edge) => (int)(await edge.OutboxAsync())["depth"]!;

    private static async Task StopAsync(params Node[] nodes)
    {
        foreach (var node in nodes)
        {
            Assert.Equal(0, await node.Process.TerminateAsync());
            Assert.Equal(["ok"], node.Database.Query("PRAGMA integrity_check"));
            Assert.DoesNotContain(node.Process.Log, line => line.Contains("A request failed: ", StringComparison.Ordinal) || line.Contains("The relay failed ", StringComparison.Ordinal));
            Assert.Empty(node.Process.Errors);
        }
    }

    private void HoldsEachOnce(Node home, MixedWrites writes, RegionTraffic traffic)
    {
        Assert.Equal(writes.EventIds.Order(), home.Database.Query("SELECT event_id FROM events WHERE glue_user_id LIKE 'v%'").Order());
        var anonymous = home.Database.Query("SELECT event_id FROM events WHERE glue_user_id LIKE 'n%'");
        var numbers = home.Database.Query("SELECT properties ->> 'number' FROM events WHERE glue_user_id LIKE 'n%'");
        Assert.Empty(traffic.Anonymous.Except(anonymous));
        Assert.InRange(anonymous.Count, traffic.Anonymous.Count, traffic.Anonymous.Count + traffic.Unanswered);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        output.WriteLine($"{writes.EventIds.Count} events with ids and {anonymous.Count} without, none lost, none doubled");
    }

    private async Task EqualsSingleAsync(Node home, MixedWrites writes)
    {
        var single = await region.StartHomeAsync("single");
        var all = writes.All.ToArray();
        random.Shuffle(all);
        var started = Stopwatch.GetTimestamp();
        foreach (var chunk in all.Chunk(500))
        {
            (await single.PostAsync("/glue/batch", ClientPost.Of(chunk).Body)).IsOk();
        }

        output.WriteLine($"a single server took the same {all.Length} writes in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        await StopAsync(single);
        foreach (var (table, columns) in Tables)
        {
            var sql = $"SELECT json_array({columns}) FROM {table} WHERE glue_user_id LIKE 'v%' ORDER BY 1";
            Assert.Equal(single.Database.Query(sql), home.Database.Query(sql));
        }
    }
}
