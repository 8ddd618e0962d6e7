using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What is to be seen of a server while its database takes no writes, and when it takes them again, whatever the cause.</summary>
public sealed class FaultWatch(ServerProcess server, EventClient client)
{
    private const int Writes = 30;

    private const double Silence = 10;

    private readonly long started = Stopwatch.GetTimestamp();

    /// <summary>How often the log has said so.</summary>
    public int Told(string message) => server.Log.Count(line => ((string?)JsonNode.Parse(line)!["Message"])!.StartsWith(message, StringComparison.Ordinal));

    /// <summary>Checks that callers, probes and the log are told of an outage, each in its way.</summary>
    /// <param name="reason">Why, as the operator reads it.</param>
    /// <param name="writes">How many writes are to fail.</param>
    public async Task RefusesAsync(string reason, int writes = Writes)
    {
        for (var i = 0; i < writes; i++)
        {
            Assert.False(await client.SendAsync());
        }

        await Poll.UntilAsync(async () => (await server.GetAsync("/readyz")).Status != HttpStatusCode.OK);
        await Poll.UntilAsync(async () => (await server.GetAsync("/readyz")).Body == $$"""{"success":false,"error":"The database takes no writes: {{reason}}"}""");
        Assert.Equal(Product.Alive("home"), (await server.GetAsync("/healthz")).IsOk().Body);
        await Poll.UntilAsync(() => Task.FromResult(Told("The database takes no writes: ") > 0));
        LogIsBounded();
    }

    /// <summary>Checks that the server takes writes again, says so, and was not started anew for it.</summary>
    public async Task ServesAgainAsync()
    {
        await Poll.UntilAsync(() => client.SendAsync());
        Assert.True(await client.SendAsync());
        await Poll.UntilAsync(async () => (await server.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        await Poll.UntilAsync(() => Task.FromResult(Told("The database takes writes again, after ") > 0));
        LogIsBounded();
        Assert.Equal(1, Told("DataGlue Edge listens on "));
        Assert.Equal(0, Told("A request failed: "));
        Assert.Equal(0, Told("The writer failed: "));
        Assert.Empty(server.Errors);
    }

    /// <summary>However many requests fail: a line once for each error, and again each ten seconds.</summary>
    public void LogIsBounded()
    {
        var most = 1 + (int)(Stopwatch.GetElapsedTime(started).TotalSeconds / Silence);
        var failures = server.Log.Select(line => JsonNode.Parse(line)!["State"]!).Where(state => state["Code"] is not null).ToList();
        Assert.NotEmpty(failures);
        Assert.All(failures.CountBy(state => $"{state["{OriginalFormat}"]} {state["Code"]}"), line => Assert.InRange(line.Value, 1, most));
        Assert.InRange(Told("The database takes writes again, after "), 0, Told("The database takes no writes: "));
    }
}
