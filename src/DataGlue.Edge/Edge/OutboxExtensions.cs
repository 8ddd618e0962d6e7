using DataGlue.Edge.Model;

namespace DataGlue.Edge.Edge;

/// <summary>The outbox, which every database has: a home's may hold items of a time as an edge.</summary>
internal static class OutboxExtensions
{
    public static void AddOutbox(this IServiceCollection services)
    {
        services.AddSingleton<ServerState>();
        services.AddSingleton<OutboxReader>();
        services.AddSingleton<OutboxReserve>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<HomeTombstones>();
        services.AddSingleton<OutboxEndpoints>();
        services.AddSingleton<OutboxMetrics>();
        services.AddHostedService<Relay>();
    }

    public static void MapOutbox(this WebApplication app, IEndpointRouteBuilder glue)
    {
        app.Services.GetRequiredService<OutboxEndpoints>().Map(glue);

        // Its instruments are read by the exporter alone.
        app.Services.GetRequiredService<OutboxMetrics>();
    }
}
