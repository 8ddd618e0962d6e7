using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>A home and an edge of it, each with a clock of its own; their clients send the key.</summary>
internal sealed class HomeAndEdge : IDisposable
{
    public const string Key = "0123456789abcdef-of-the-owner";

    public HomeAndEdge()
    {
        Home = new ServerApp(("API_KEY", Key));
        Edge = EdgeOf(Home.Url);
        Home.Client.DefaultRequestHeaders.Add("x-api-key", Key);
    }

    public ServerApp Home { get; }

    public ServerApp Edge { get; }

    /// <summary>An edge of a home at this address; a small one, since each takes its reserve.</summary>
    public static ServerApp EdgeOf(string home, params (string Name, string Value)[] settings)
    {
        var edge = new ServerApp([("API_KEY", Key), ("HOME_URL", home), ("OUTBOX_MAX_MB", "8"), .. settings]);
        edge.Client.DefaultRequestHeaders.Add("x-api-key", Key);
        return edge;
    }

    /// <summary>An edge whose home does not answer.</summary>
    public static ServerApp EdgeOfNobody(params (string Name, string Value)[] settings) => EdgeOf($"http://127.0.0.1:{ServerApp.FreePort()}", settings);

    /// <summary>Waits until the home has everything.</summary>
    public Task RelayedAsync() => Poll.UntilAsync(async () => (int)(await Edge.GetAsync("/glue/outbox")).IsOk().Json["depth"]! == 0);

    public void Dispose()
    {
        Edge.Dispose();
        Home.Dispose();
    }
}
