using System.Net;

namespace DataGlue.Edge.Security;

/// <summary>
/// Tells a caller on this machine from one that only seems so: through a proxy beside the server, or as a page in a browser here,
/// which may even have given its own name the address of this machine.
/// </summary>
internal static class Local
{
    // What proxies add, and none of which a caller on this machine has reason to send.
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Real-IP", "Via"];

    private static readonly string[] ProxyPrefixes = ["X-Forwarded-", "X-Original-", "Fly-", "CF-"];

    /// <summary>Whether the request comes from a program on this machine, or from a browser here that was sent to this address itself.</summary>
    public static bool IsCaller(HttpContext context)
    {
        var request = context.Request;

        // No client of today speaks HTTP/1.0, but many a proxy does.
        return HttpProtocol.IsHttp11(request.Protocol)
            && IsLoopback(context.Connection.RemoteIpAddress)
            && IsLoopbackName(request.Host.Host)
            && request.Headers.Origin.Count == 0
            && !IsCrossSite(request.Headers)
            && !request.Headers.Keys.Any(IsOfProxy);
    }

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(ClientAddress.Plain(address));

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));

    // Each value but these, one that a later browser may invent too, is taken for another site.
    private static bool IsCrossSite(IHeaderDictionary headers) =>
        headers.TryGetValue("Sec-Fetch-Site", out var site) && site.ToString() is not ("none" or "same-origin" or "same-site");

    private static bool IsOfProxy(string header) =>
        ProxyHeaders.Contains(header, StringComparer.OrdinalIgnoreCase)
        || ProxyPrefixes.Any(prefix => header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
