using System.Net;

namespace DataGlue.Edge.Security;

/// <summary>Who sends a request: the peer of the connection, or whom it speaks for, when it is a trusted proxy.</summary>
internal sealed class ClientAddress(Settings settings)
{
    private const string FlyHeader = "Fly-Client-IP";

    private const string ForwardedHeader = "X-Forwarded-For";

    /// <summary>The address of the client; IPv4 in IPv6 is given as IPv4.</summary>
    /// <remarks>
    /// What a header says of the address is written by the client itself, unless a trusted proxy has written behind it: the list is read
    /// from the right, as far as proxies are trusted.
    /// </remarks>
    public IPAddress Of(HttpContext context)
    {
        var peer = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        return IsTrusted(peer) ? Forwarded(peer, context.Request.Headers) : peer;
    }

    /// <summary>The address without its clothes as IPv6, if it is one of IPv4.</summary>
    internal static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // The proxy of Fly.io sets its header itself, and ends the list with an address of the application. Other proxies append the client to
    // the list, and may let the header of Fly.io through as a client has forged it.
    private IPAddress Forwarded(IPAddress peer, IHeaderDictionary headers)
    {
        var named = headers[FlyHeader].Count == 1 && IPAddress.TryParse(headers[FlyHeader].ToString(), out var fly) ? Plain(fly) : null;
        return settings.OnFly || headers[ForwardedHeader].Count == 0 ? named ?? peer : FromRight(peer, headers[ForwardedHeader].ToString());
    }

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

    private bool IsTrusted(IPAddress address)
    {
        foreach (var network in settings.TrustedProxies)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
