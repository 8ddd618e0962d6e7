using System.Net;

namespace DataGlue.Edge.Security;

/// <summary>The address of the client: the peer of the connection, or whom a trusted proxy names.</summary>
internal sealed class ClientAddress(Settings settings)
{
    private const string FlyHeader = "Fly-Client-IP";
    private const string ForwardedHeader = "X-Forwarded-For";

    public IPAddress Of(HttpContext context)
    {
        var peer = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        return IsTrusted(peer) ? Forwarded(peer, context.Request.Headers) : peer;
    }

    /// <summary>The IPv4 address, where it is written as one of IPv6.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // The proxy of Fly.io sets its header itself, and appends an address of the application to the list. Other proxies append the client to the list,
    // and may pass the header of Fly.io on as a client has forged it.
    private IPAddress Forwarded(IPAddress peer, IHeaderDictionary headers)
    {
        var named = headers[FlyHeader].Count == 1 && IPAddress.TryParse(headers[FlyHeader].ToString(), out var fly) ? Plain(fly) : null;
        return settings.OnFly || headers[ForwardedHeader].Count == 0 ? named ?? peer : FromRight(peer, headers[ForwardedHeader].ToString());
    }

    // A client writes what it likes into the header, and a trusted proxy appends behind it: the list is read from the right, as far as proxies are trusted.
    private IPAddress FromRight(IPAddress peer, ReadOnlySpan<char> list)
    {
        var address = peer;
        while (!list.IsEmpty && IsTrusted(address))
        {
            var comma = list.LastIndexOf(',');
            if (!IPEndPoint.TryParse(list[(comma + 1)..].Trim(), out var hop))
            {
                break;
            }

            address = Plain(hop.Address);
            list = list[..Math.Max(comma, 0)];
        }

        return address;
    }

    private bool IsTrusted(IPAddress address) => settings.TrustedProxies.Any(network => network.Contains(address));
}
