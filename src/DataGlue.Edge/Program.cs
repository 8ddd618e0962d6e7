using Dapper;
using DataGlue.Edge;
using DataGlue.Edge.Commands;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Monitoring;
using DataGlue.Edge.OpenApi;
using DataGlue.Edge.Privacy;
using DataGlue.Edge.Reports;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;

[module: DapperAot]

StandardStreams.Open();
UnixFile.MakePrivate();
return args.Length > 0 ? await CommandLine.RunAsync(args) : await Startup.RunServerAsync();

/// <summary>The server.</summary>
internal sealed partial class Program
{
    /// <summary>Composes the server; it listens once it is started.</summary>
    internal static WebApplication Build(Settings settings, TimeProvider clock)
    {
        var builder = Startup.CreateBuilder();
        builder.AddServerLogging();
        builder.AddServerShutdown();
        var role = Role.Of(settings);

        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(role);
        builder.AddHttp(settings);
        builder.Services.AddDoor(settings);
        builder.Services.AddStorage();
        builder.Services.AddIntake();
        builder.Services.AddSingleton<GlueEndpoints>();
        builder.Services.AddModel();
        builder.Services.AddScoped<JourneyReader>();
        builder.Services.AddReports();
        builder.Services.AddPrivacy();
        builder.Services.AddMonitoring();
        builder.Services.AddOutbox();
        role.AddServices(builder.Services);

        var app = builder.Build();
        app.UseErrorBodies();
        app.UseSecurityHeaders();
        app.UseMetricsPort(settings);
        app.UseWholeSegments();
        app.UseRouting();
        app.UseDoor();
        role.UseRules(app);
        app.UseCompressedBodies();

        var glue = app.MapGroup("/glue").RateLimited().AnsweredAtHome();
        app.Services.GetRequiredService<GlueEndpoints>().Map(glue);
        app.MapOutbox(glue);
        role.Map(app, glue);
        glue.MapJourneys();
        glue.MapReports();
        glue.MapPrivacy();
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApiDocument();
        return app;
    }
}
