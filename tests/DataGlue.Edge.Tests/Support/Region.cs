namespace DataGlue.Edge.Tests.Support;

/// <summary>A home and edges of it, each on a folder of its own, with one key.</summary>
public sealed class Region(NativeBinary binary) : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<IDisposable> parts = [];

    /// <summary>A home, running.</summary>
    public Task<Node> StartHomeAsync(string name = "home") => Place(name).StartAsync();

    /// <summary>An edge, running.</summary>
    /// <param name="homeUrl">Where it finds its home.</param>
    /// <param name="name">Its folder.</param>
    public Task<Node> StartEdgeAsync(string homeUrl, string name = "edge") => Place(name, Edge(homeUrl)).StartAsync();

    /// <summary>A place where nothing runs yet.</summary>
    public Node Place(string name, params (string Name, string Value)[] settings) => Keep(new Node(binary, folder.File(name), settings));

    /// <summary>A link to this port.</summary>
    public Link LinkTo(int port) => Keep(new Link(port));

    /// <summary>What makes a node an edge.</summary>
    public static (string Name, string Value)[] Edge(string homeUrl, int outboxMegabytes = 256) =>
        [("HOME_URL", homeUrl), ("OUTBOX_MAX_MB", $"{outboxMegabytes}")];

    public void Dispose()
    {
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            parts[i].Dispose();
        }

        folder.Dispose();
    }

    private T Keep<T>(T part)
        where T : IDisposable
    {
        parts.Add(part);
        return part;
    }
}
