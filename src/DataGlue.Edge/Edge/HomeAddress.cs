using System.Net;
using System.Net.Sockets;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Edge;

/// <summary>Where the home is, from <c>HOME_URL</c>, or on Fly.io from the regions.</summary>
internal static class HomeAddress
{
    private static readonly IPNetwork[] PrivateNetworks =
    [
        .. new[] { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10" }.Select(text => IPNetwork.Parse(text)),
    ];

    // Names that the public DNS does not have.
    private static readonly string[] PrivateZones = [".internal", ".local", ".localhost", ".home.arpa"];

    /// <summary>The address of the home, without a slash at its end; null where this node is the home.</summary>
    /// <param name="port">The port on which this node, and on Fly.io the home too, listens.</param>
    /// <exception cref="SettingException">The address cannot be used, or an edge has no key.</exception>
    /// <param name="keys">The secret keys, by which an edge knows who may read.</param>
    /// <param name="relayKeys">What an edge shows its home; none for the first of the secret keys.</param>
    public static Uri? Read(Func<string, string?> setting, int port, ApiKeys keys, ApiKeys relayKeys)
    {
        var home = setting("HOME_URL") is { } text ? Parse(text) : OnFly(setting, port);
        if (home is not null && !keys.AreSet)
        {
            throw new SettingException($"API_KEY must be set at an edge, to a key of its home {home}");
        }

        if (home is not null && ShownKey(keys, relayKeys) is null)
        {
            throw new SettingException(relayKeys.AreSet
                ? "RELAY_KEY must begin with a key and not with its hash at an edge, which shows the key to its home"
                : "RELAY_KEY must be set at an edge whose first API_KEY is a hash: an edge shows its home a key, and has none");
        }

        return home;
    }

    /// <summary>The key that an edge shows its home; null where only its hash is known.</summary>
    public static string? ShownKey(ApiKeys keys, ApiKeys relayKeys) => relayKeys.AreSet ? relayKeys.First : keys.First;

    /// <summary>Whether an address is one that the public network does not route.</summary>
    internal static bool IsPrivate(IPAddress address)
    {
        var plain = ClientAddress.Plain(address);
        return IPAddress.IsLoopback(plain) || PrivateNetworks.Any(network => network.Contains(plain));
    }

    /// <summary>Connects to a home without TLS. A name leads where its resolver says: what is shown to the home goes to private addresses alone.</summary>
    public static async ValueTask<Stream> ConnectInPrivateAsync(SocketsHttpConnectionContext context, CancellationToken cancelled)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = PrivateOnly(host, await Dns.GetHostAddressesAsync(host, cancelled));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancelled);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The addresses of a name that the public network does not route.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal static IPAddress[] PrivateOnly(string host, IPAddress[] addresses) => Array.FindAll(addresses, IsPrivate) is { Length: > 0 } known
        ? known
        : throw new IOException($"'{host}' leads to no private address; give HOME_URL https://, since keys are sent there");

    private static Uri? OnFly(Func<string, string?> setting, int port)
    {
        var (region, primary, app) = (setting("FLY_REGION"), setting("PRIMARY_REGION"), setting("FLY_APP_NAME"));
        if (region is null || app is null)
        {
            return null;
        }

        if (primary is null)
        {
            throw new SettingException(
                $"PRIMARY_REGION must be set on Fly.io, to the region of the home (primary_region in fly.toml), or HOME_URL to its address: without them {region} would be a home of its own");
        }

        if (region.Equals(primary, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return Uri.TryCreate($"http://{primary}.{app}.internal:{port}", UriKind.Absolute, out var home)
            ? home
            : throw new SettingException($"PRIMARY_REGION and FLY_APP_NAME must be names that make an address, not '{primary}' and '{app}'");
    }

    private static Uri Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var home) || home.Scheme is not ("http" or "https") || home.Host.Length == 0
            || home.Query.Length > 0 || home.Fragment.Length > 0)
        {
            throw new SettingException($"HOME_URL must be an address like https://home.example.com, not '{SettingException.Shown(text)}'");
        }

        if (home.UserInfo.Length > 0)
        {
            throw new SettingException("HOME_URL must be an address without a name or password in it; the key is that of API_KEY");
        }

        return home.Scheme == Uri.UriSchemeHttps || IsPrivate(home)
            ? home
            : throw new SettingException($"HOME_URL must begin with https:// where the address is not a private one, since the key is sent there, not '{SettingException.Shown(text)}'");
    }

    private static bool IsPrivate(Uri home) => IPAddress.TryParse(home.DnsSafeHost, out var address)
        ? IsPrivate(address)
        : !home.Host.Contains('.', StringComparison.Ordinal) || PrivateZones.Any(zone => home.Host.EndsWith(zone, StringComparison.OrdinalIgnoreCase));
}
