using DataGlue.Edge.Edge;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Home;

/// <summary>This node is the home: it stores, and takes what its edges relay.</summary>
internal sealed class HomeRole : Role
{
    public override string Name => "home";
    public override string Description => "home";

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<IdentityProof>();
        services.AddSink<HomeSink>();
        services.AddSingleton<RelayEndpoint>();
        services.AddSingleton<HomeCheck>();

        // A database that was an edge's may still hold items: they are stored here.
        services.AddSingleton<RelaySend>(provider => async (rows, _) =>
            await provider.GetRequiredService<RelayEndpoint>().StoreAsync([.. rows.Select(row => OutboxItem.Read(row.Item))]));
    }

    public override void Prepare(WebApplication app) => app.Services.GetRequiredService<OutboxReserve>().Discard();

    public override void UseRules(IApplicationBuilder app) => app.Use(app.ApplicationServices.GetRequiredService<HomeCheck>().Guard);

    public override void Map(WebApplication app, IEndpointRouteBuilder glue)
    {
        app.Services.GetRequiredService<RelayEndpoint>().Map(glue);
        glue.MapDelete("/outbox/home", _ => throw new RequestException(StatusCodes.Status404NotFound, "This is the home itself"));
    }
}
