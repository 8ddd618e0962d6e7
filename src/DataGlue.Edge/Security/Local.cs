using System.Net;

namespace DataGlue.Edge.Security;

/// <summary>Detects a caller on this machine. Through a proxy beside the server others look the same, as do pages in a browser here (DNS rebinding).</summary>
internal static class Local
{
    // What proxies add; a caller on this machine sends none of them.
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Real-IP", "Via"];
    private static readonly string[] ProxyPrefixes = ["X-Forwarded-", "X-Original-", "Fly-", "CF-"];

    /// <summary>Whether the request comes from a program on this machine, or from a browser here whose user opened this address itself.</summary>
    public static bool IsCaller(HttpContext context)
    {
        var request = context.Request;

        // No current client speaks HTTP/1.0, but many proxies do. Request.Host would decode punycode, and throw where it is none.
        return HttpProtocol.IsHttp11(request.Protocol)
            && IsLoopback(context.Connection.RemoteIpAddress)
            && IsLoopbackName(new HostString(request.Headers.Host.ToString()).Host)
            && request.Headers.Origin.Count == 0
            && !IsCrossSite(request.Headers)
            && !request.Headers.Keys.Any(IsOfProxy);
    }

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(ClientAddress.Plain(address));

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));

    // Every other value, also one that a later browser may invent, counts as another site.
    private static bool IsCrossSite(IHeaderDictionary headers) =>
        headers.TryGetValue("Sec-Fetch-Site", out var site) && site.ToString() is not ("none" or "same-origin" or "same-site");

    private static bool IsOfProxy(string header) =>
        ProxyHeaders.Contains(header, StringComparer.OrdinalIgnoreCase)
        || ProxyPrefixes.Any(prefix => header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
