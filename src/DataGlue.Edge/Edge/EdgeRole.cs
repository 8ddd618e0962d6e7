using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Security;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Edge;

/// <summary>This node is an edge: it queues what comes in for its home, and sends on what only the home can answer.</summary>
internal sealed class EdgeRole(Settings settings) : Role
{
    // As long as a home gives a body to come in.
    private static readonly TimeSpan RelayPatience = TimeSpan.FromSeconds(30);

    public override string Name => "edge";
    public override string Description => $"edge of {settings.Home!.AbsoluteUri.TrimEnd('/')}";

    public override void AddServices(IServiceCollection services)
    {
        services.AddSink<EdgeSink>();
        services.AddSingleton<HomeLink>();
        services.AddHostedService<EdgeUpkeep>();
        services.AddSingleton<Forwarding>();
        services.AddSingleton<RelaySend>(provider => (rows, stopping) => SendAsync(provider.GetRequiredService<HomeLink>(), rows, stopping));
    }

    public override void Prepare(WebApplication app) => EdgeStart.MakeRoom(app.Services.GetRequiredService<OutboxReserve>(), settings);

    public override void CheckDatabase(WebApplication app) =>
        EdgeStart.CheckDatabase(app.Services.GetRequiredService<ServerState>(), app.Services.GetRequiredService<OutboxReader>(), app.Services.GetRequiredService<OutboxReserve>(), settings, app.Logger);

    public override void UseRules(IApplicationBuilder app)
    {
        var forwarding = app.ApplicationServices.GetRequiredService<Forwarding>();
        var outbox = app.ApplicationServices.GetRequiredService<Outbox>();
        app.Use(next => context =>
        {
            if (NodeRules.AreDeclared(context) && context.Request.Headers.ContainsKey(RelayFormat.HopHeader))
            {
                throw Loop();
            }

            return NodeRules.IsAnsweredAtHome(context) ? forwarding.AnswerAsync(context)
                : context.Audience() == Audience.Pages ? outbox.CountInFlightAsync(context, next)
                : next(context);
        });
    }

    public override void Map(WebApplication app, IEndpointRouteBuilder glue)
    {
        glue.MapPost("/relay", _ => throw Loop()).For(Audience.Edges).AnsweredHere();
        glue.MapDelete("/outbox/home", ForgetHomeAsync).AnsweredHere();
    }

    // The next home that answers is taken for it.
    private static async Task ForgetHomeAsync(HttpContext context)
    {
        var link = context.RequestServices.GetRequiredService<HomeLink>();
        var known = link.HomeId is null ? 0 : 1;
        await link.ForgetAsync();
        context.RequestServices.GetRequiredService<Outbox>().Wake();
        JsonReply.Write(context.Response, StatusCodes.Status200OK, new AsideReply(true, known), ServerJson.Wire.AsideReply);
    }

    private static RequestException Loop() =>
        new(StatusCodes.Status508LoopDetected, "This is an edge and takes nothing from another; HOME_URL there must lead to the home");

    private static async Task<IReadOnlyList<Outcome>> SendAsync(HomeLink link, IReadOnlyList<OutboxRow> rows, CancellationToken stopping)
    {
        try
        {
            return await link.RelayAsync([.. rows.Select(row => new Utf8Text(row.Item))], RelayPatience, stopping);
        }
        catch (HomeException exception) when (exception.MayBeTheItems)
        {
            // While the home takes nothing else either, the fault is not in what was sent.
            await link.GreetAsync(stopping);
            throw;
        }
    }
}
