using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What clients post: to one address, and when that fails, to another, until somebody has acknowledged it.</summary>
/// <param name="Path">Where to.</param>
/// <param name="Body">The JSON.</param>
/// <param name="Items">How many results a batch gives; 0 for a single write.</param>
public sealed record ClientPost(string Path, string Body, int Items)
{
    /// <summary>A batch.</summary>
    public static ClientPost Of(IReadOnlyCollection<ClientWrite> writes) =>
        new("/glue/batch", "{\"batch\":[" + string.Join(',', writes.Select(write => write.Item)) + "]}", writes.Count);

    /// <summary>A write by itself.</summary>
    public static ClientPost Of(ClientWrite write) => new("/glue/" + write.Verb, write.Body, 0);
}

/// <summary>Many clients, who post all there is to nodes that come and go.</summary>
public sealed class RegionTraffic
{
    private const int ClientsOfNode = 3;

    // After each post.
    private const int AnonymousEvents = 5;

    private readonly IReadOnlyList<Node> nodes;
    private readonly ConcurrentQueue<ClientPost>[] queues;
    private readonly ConcurrentDictionary<string, bool> anonymous = new();
    private readonly Task clients;
    private int left;
    private int failed;
    private int unanswered;
    private int sent;

    /// <summary>Begins to post.</summary>
    /// <param name="nodes">The nodes; each post goes to one of them at first.</param>
    /// <param name="posts">What is posted until it is acknowledged.</param>
    /// <param name="random">Who posts where.</param>
    public RegionTraffic(IReadOnlyList<Node> nodes, IReadOnlyList<ClientPost> posts, Random random)
    {
        this.nodes = nodes;
        (Total, left) = (posts.Count, posts.Count);
        queues = [.. nodes.Select(_ => new ConcurrentQueue<ClientPost>())];
        foreach (var post in posts)
        {
            queues[random.Next(nodes.Count)].Enqueue(post);
        }

        clients = Task.WhenAll(Enumerable.Range(0, nodes.Count * ClientsOfNode).Select(client => Task.Run(() => RunAsync(client % nodes.Count))));
    }

    public int Total { get; }

    /// <summary>How many posts came to nothing and went to another node.</summary>
    public int Failed => failed;

    /// <summary>The ids of events that came without one, as the node that acknowledged them gave them.</summary>
    public IReadOnlyCollection<string> Anonymous => [.. anonymous.Keys];

    /// <summary>How many events without an id went out, of which nobody knows what became of them.</summary>
    public int Unanswered => unanswered;

    /// <summary>Waits until so many hundredths of the posts are acknowledged.</summary>
    public Task ReachesAsync(int percent) => Poll.UntilAsync(() =>
    {
        Assert.False(clients.IsFaulted, clients.Exception?.ToString());
        return Task.FromResult(left <= (long)Total * (100 - percent) / 100);
    });

    /// <summary>Waits until everything is acknowledged.</summary>
    public async Task EndsAsync()
    {
        await ReachesAsync(100);
        await clients;
    }

    private async Task RunAsync(int node)
    {
        while (Volatile.Read(ref left) > 0)
        {
            if (!queues[node].TryDequeue(out var post))
            {
                await Task.Delay(5);
            }
            else if (await TryPostAsync(nodes[node], post))
            {
                for (var i = 0; i < AnonymousEvents; i++)
                {
                    await TrackAnonymousAsync(nodes[node]);
                }

                Interlocked.Decrement(ref left);
            }
            else
            {
                // The same browser, somewhere else.
                Interlocked.Increment(ref failed);
                queues[(node + 1) % queues.Length].Enqueue(post);
                await Task.Delay(20);
            }
        }
    }

    private static async Task<bool> TryPostAsync(Node node, ClientPost post)
    {
        try
        {
            var reply = await node.PostAsync(post.Path, post.Body);
            if (reply.Status == HttpStatusCode.ServiceUnavailable)
            {
                return false;
            }

            var results = (reply.IsOk().Json["results"] as JsonArray ?? []).Select(result => (string)result!["status"]!).ToList();
            Assert.Equal(post.Items, results.Count);
            Assert.DoesNotContain("rejected", results);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return false;
        }
    }

    // An event without an id may not be sent twice: it would be another.
    private async Task TrackAnonymousAsync(Node node)
    {
        var number = Interlocked.Increment(ref sent);
        try
        {
            var reply = await node.PostAsync("/glue/track", $$"""{"glue_user_id":"n{{number % 50}}","event":"e","properties":{"number":{{number}} } }""");
            if (reply.Status != HttpStatusCode.ServiceUnavailable)
            {
                Assert.True(anonymous.TryAdd((string)reply.IsOk().Json["event_id"]!, true));
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            Interlocked.Increment(ref unanswered);
        }
    }
}
