using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DataGlue.Edge.Http;

/// <summary>Where the server listens, and how much of it one connection, and all of them, may take.</summary>
internal static class HttpExtensions
{
    private const int KiB = 1024;

    // A connection that waits takes a few kilobytes, one that sends half of what it could some tens.
    private const int Connections = 2_048;

    public static void AddHttp(this WebApplicationBuilder builder, Settings settings)
    {
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddRequestDecompression();
    }

    private static void Configure(KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        kestrel.ListenAnyIP(settings.Port);
        if (settings.MetricsPort is { } port)
        {
            kestrel.ListenAnyIP(port);
        }

        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = Connections;
        limits.MaxRequestLineSize = 8 * KiB;
        limits.MaxRequestHeadersTotalSize = 16 * KiB;

        // A little longer than proxies keep theirs (60 s): who closes first must not be we.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(65);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        // What a client sends ahead of what is read of it; the default is 1 MiB for each connection.
        limits.MaxRequestBufferSize = 64 * KiB;
    }
}
