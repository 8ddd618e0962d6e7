using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;

namespace DataGlue.Edge.Regions;

/// <summary>What makes a node the home, or an edge of it.</summary>
internal static class RegionExtensions
{
    public static void AddRegions(this IServiceCollection services, EdgeOptions options)
    {
        services.AddSingleton<OutboxReader>();
        services.AddSingleton<OutboxReserve>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<OutboxEndpoints>();
        services.AddSingleton<RelayEndpoint>();
        services.AddSingleton<RegionMetrics>();
        services.AddSingleton(provider => new RelayTarget(provider.GetRequiredService<RelayEndpoint>(), provider.GetService<HomeLink>()));
        services.AddHostedService<Relay>();
        if (options.Home is not null)
        {
            services.AddSingleton<HomeLink>();
            services.AddSingleton<Forwarding>();
            services.AddSingleton<EdgeWrites>();
        }
        else
        {
            services.AddSingleton<HomeCheck>();
        }
    }

    /// <summary>Sends on what an edge does not answer itself, and answers nobody who has come to the wrong node.</summary>
    public static void UseRegions(this IApplicationBuilder app, EdgeOptions options)
    {
        if (options.Home is not null)
        {
            var forwarding = app.ApplicationServices.GetRequiredService<Forwarding>();
            app.Use(next => context =>
            {
                RefuseHop(context);
                return AtEdge.IsForwarded(context) ? forwarding.AnswerAsync(context) : next(context);
            });
        }
        else
        {
            app.Use(app.ApplicationServices.GetRequiredService<HomeCheck>().Guard);
        }
    }

    public static void MapWrites(this WebApplication app, EdgeOptions options)
    {
        if (options.Home is null)
        {
            app.Services.GetRequiredService<IngestEndpoints>().Map(app);
        }
        else
        {
            app.Services.GetRequiredService<EdgeWrites>().Map(app);
        }

        app.Services.GetRequiredService<RelayEndpoint>().Map(app);
        app.Services.GetRequiredService<OutboxEndpoints>().Map(app);
    }

    private static void RefuseHop(HttpContext context)
    {
        var isHop = RequestPath.IsGlue(context.Request) && context.Request.Headers.ContainsKey(HomeLink.HopHeader);
        if (isHop || AtEdge.IsForHomeAlone(context))
        {
            throw new RequestException(
                StatusCodes.Status508LoopDetected, "This is an edge and takes nothing from another; HOME_URL there must lead to the home");
        }
    }
}
