using System.Diagnostics;
using System.Net;
using DataGlue.Edge.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace DataGlue.Edge.Http;

/// <summary>Bounds the connections, in all and of each address. Where there is no room, one that has shown no key gives way, the one that has been silent the
/// longest: a crowd that holds all of them keeps nobody out who comes anew, and no holder of a key loses one.</summary>
internal sealed partial class Connections
{
    /// <summary>How many there are at the most, where the process may have so many files open.</summary>
    public const int Most = 2_048;

    private const int Least = 16;

    // Files that are no connections of clients: the program's own, those of readers, and at an edge its connections to the home.
    private const int OtherFiles = 192;
    private const int FilesOfAnEdge = 192;

    // Those that were told to go are not gone at once. While there are so many of them, who comes waits.
    private const int MostLeaving = 64;
    private static readonly TimeSpan LeavingPause = TimeSpan.FromMilliseconds(5);

    private const int FullEvent = 50;

    private readonly Settings settings;
    private readonly ILogger<Connections> logger;
    private readonly LogThrottle throttle;
    private readonly int most;
    private readonly Lock gate = new();
    private readonly HashSet<StandingConnection> standing = [];
    private readonly Dictionary<IPAddress, int> shares = [];
    private int leaving;

    public Connections(Settings settings, TimeProvider clock, ILogger<Connections> logger)
    {
        (this.settings, this.logger, throttle) = (settings, logger, new LogThrottle(clock));
        var files = OpenFiles.Limit() ?? long.MaxValue;
        most = (int)Math.Clamp(files - OtherFiles - (settings.Home is null ? 0 : FilesOfAnEdge), Least, Most);
        if (most < Most)
        {
            LogLowered(files, most, Most);
        }
    }

    /// <summary>Makes room for a connection that was accepted. Returns false where all that stand have shown a key.</summary>
    public async Task<bool> TryAdmitAsync(ConnectionContext connection)
    {
        while (Volatile.Read(ref leaving) >= MostLeaving)
        {
            await Task.Delay(LeavingPause);
        }

        if (TryAdmit(connection) is not { } admitted)
        {
            return false;
        }

        connection.Features.Set(admitted);
        return true;
    }

    /// <summary>Serves a connection that was admitted, and takes it off at its end.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            await next(connection);
        }
        finally
        {
            Remove(connection.Features.GetRequiredFeature<StandingConnection>());
        }
    }

    private StandingConnection? TryAdmit(ConnectionContext connection)
    {
        var address = ClientAddress.Plain((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);

        // All visitors of a proxy come from its address.
        var network = settings.ConnectionLimit == 0 || settings.TrustedProxies.Any(proxy => proxy.Contains(address)) ? null : AddressCounters.NetworkOf(address);
        lock (gate)
        {
            var isFull = standing.Count >= most;
            var hasShare = network is not null && shares.GetValueOrDefault(network) >= settings.ConnectionLimit;
            if ((isFull || hasShare) && !TryGiveWay(hasShare ? network : null))
            {
                return null;
            }

            if (isFull && throttle.Allows(FullEvent))
            {
                LogFull(most);
            }

            var admitted = new StandingConnection(connection, network);
            standing.Add(admitted);
            if (network is not null)
            {
                shares[network] = shares.GetValueOrDefault(network) + 1;
            }

            return admitted;
        }
    }

    // Ends the connection without a key that has been silent the longest, of this address where one is given.
    private bool TryGiveWay(IPAddress? network)
    {
        StandingConnection? last = null;
        foreach (var connection in standing)
        {
            if (!connection.HasKey && (network is null || network.Equals(connection.Network)) && (last is null || connection.LastHeard < last.LastHeard))
            {
                last = connection;
            }
        }

        if (last is null)
        {
            return false;
        }

        Forget(last);
        leaving++;
        last.End();
        return true;
    }

    private void Remove(StandingConnection connection)
    {
        lock (gate)
        {
            if (!Forget(connection))
            {
                leaving--;
            }
        }
    }

    private bool Forget(StandingConnection connection)
    {
        if (!standing.Remove(connection))
        {
            return false;
        }

        if (connection.Network is { } network)
        {
            if (shares[network] == 1)
            {
                shares.Remove(network);
            }
            else
            {
                shares[network]--;
            }
        }

        return true;
    }

    [LoggerMessage(EventId = FullEvent, Level = LogLevel.Warning, Message = "All {Most} connections are taken: those without a key that have been silent the longest give way")]
    private partial void LogFull(int most);
    [LoggerMessage(EventId = 51, Level = LogLevel.Warning, Message = "This process may have {Files} files open (ulimit -n): it takes {Connections} connections and not {Most}")]
    private partial void LogLowered(long files, int connections, int most);
}

/// <summary>A connection that is being served.</summary>
internal sealed class StandingConnection(ConnectionContext connection, IPAddress? network)
{
    /// <summary>The address whose share it takes; null where it takes none.</summary>
    public IPAddress? Network => network;

    /// <summary>When its last request began, or it did.</summary>
    public long LastHeard { get; private set; } = Stopwatch.GetTimestamp();

    /// <summary>Whether a request has shown a secret key, or that of an edge.</summary>
    public bool HasKey { get; private set; }

    /// <summary>Notes that a request begins.</summary>
    public void Hear(KeyProof proof)
    {
        LastHeard = Stopwatch.GetTimestamp();
        HasKey |= proof is KeyProof.Secret or KeyProof.Relay;
    }

    // Aborting runs what waits on the connection, which is nothing to do under a lock.
    public void End() => ThreadPool.UnsafeQueueUserWorkItem(static ended => ended.Abort(), connection, preferLocal: false);
}
