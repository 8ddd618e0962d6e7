using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DataGlue.Edge.Http;

/// <summary>Where the server listens, and the limits of its connections.</summary>
internal static class HttpExtensions
{
    private const int KiB = 1024;

    /// <summary>The methods of what is read. Kestrel sends no body in answer to HEAD.</summary>
    public static IReadOnlyList<string> Reads { get; } = [HttpMethods.Get, HttpMethods.Head];

    public static void AddHttp(this WebApplicationBuilder builder, Settings settings)
    {
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.Services.AddSingleton<IConnectionListenerFactory, ConnectionListeners>();
        builder.Services.AddSingleton<Connections>();
    }

    private static void Configure(KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;

        // A byte beyond ASCII in any header, a cookie of another program's, would else be a 400 in UTF-8.
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        kestrel.ListenAnyIP(settings.Port, Bound);
        if (settings.MetricsPort is { } port)
        {
            kestrel.ListenAnyIP(port, Bound);
        }

        var limits = kestrel.Limits;

        limits.MaxRequestLineSize = 8 * KiB;
        limits.MaxRequestHeadersTotalSize = 16 * KiB;

        // A little longer than proxies keep theirs (60 s), so that the proxy closes first.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(65);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        // What is received ahead of what is read; the default is 1 MiB for each connection.
        limits.MaxRequestBufferSize = 64 * KiB;
    }

    // An idle connection takes a few kilobytes, one that has sent half of a large request some tens.
    private static void Bound(ListenOptions listen)
    {
        var connections = listen.ApplicationServices.GetRequiredService<Connections>();
        listen.Use(next => connection => connections.ServeAsync(connection, next));
    }
}
