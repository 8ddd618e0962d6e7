using DataGlue.Edge.Edge;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Home;

/// <summary>This node is the home: it stores, and takes what its edges relay.</summary>
internal sealed class HomeRole(Settings settings) : Role
{
    public override string Name => "home";
    public override string Description => "home";

    public override void AddServices(IServiceCollection services)
    {
        services.AddSink<HomeSink>();
        services.AddSingleton<RelayEndpoint>();
        services.AddSingleton<HomeCheck>();
        services.AddHostedService<Upkeep>();
        services.AddHostedService(provider => provider.GetRequiredService<ColumnKeeper>());

        // A database that was promoted may still hold items: they are stored here.
        services.AddSingleton<RelaySend>(provider => async (rows, _) =>
            await provider.GetRequiredService<RelayEndpoint>().StoreAsync([.. rows.Select(row => OutboxItem.Read(row.Item))]));
    }

    public override void CheckDatabase(WebApplication app)
    {
        if (app.Services.GetRequiredService<ServerState>().IsOfEdge())
        {
            throw new SettingException(
                $"HOME_URL must be set, as '{settings.DatabasePath}' is the database of an edge, and without its home this node would be a home of its own; to make it the home, run DataGlue.Edge promote");
        }

        OutboxReserve.Discard(settings.DatabasePath);
    }

    public override void UseRules(IApplicationBuilder app) => app.Use(app.ApplicationServices.GetRequiredService<HomeCheck>().Guard);

    public override void Map(WebApplication app, IEndpointRouteBuilder glue)
    {
        app.Services.GetRequiredService<RelayEndpoint>().Map(glue);
        glue.MapDelete("/outbox/home", _ => throw new RequestException(StatusCodes.Status404NotFound, "This is the home itself"));
    }
}
