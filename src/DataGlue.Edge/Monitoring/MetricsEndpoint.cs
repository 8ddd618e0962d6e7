using System.Diagnostics.Metrics;
using DataGlue.Edge.Http;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace DataGlue.Edge.Monitoring;

/// <summary>GET /metrics, in the format of Prometheus.</summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";
    private const string RequestMeter = "Microsoft.AspNetCore.Hosting";

    // Of the framework: requests by route and status, connections, memory and processor time.
    private static readonly string[] Meters = [Startup.Meter, RequestMeter, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    public static void AddMonitoring(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("dataglue-edge", autoGenerateServiceInstanceId: false))
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddView(Bounded).AddPrometheusExporter());
    }

    /// <summary>Maps the endpoint. Without an audience, it answers the owner alone.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint(Path).WithMetadata(new HttpMethodMetadata(HttpExtensions.Reads));

    /// <summary>Serves the metrics, and nothing else, on <c>METRICS_PORT</c>.</summary>
    public static void UseMetricsPort(this IApplicationBuilder app, Settings settings)
    {
        if (settings.MetricsPort is { } port)
        {
            app.MapWhen(context => context.Connection.LocalPort == port, branch => branch.UseOpenTelemetryPrometheusScrapingEndpoint(Path));
        }
    }

    // OpenTelemetry allocates each combination of tags beforehand, by default 2,000 of each instrument: two megabytes.
    private static MetricStreamConfiguration Bounded(Instrument instrument) => new() { CardinalityLimit = instrument.Meter.Name == RequestMeter ? 500 : 50 };
}
