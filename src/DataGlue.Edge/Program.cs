using Dapper;
using DataGlue.Edge;
using DataGlue.Edge.Commands;
using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Monitoring;
using DataGlue.Edge.OpenApi;
using DataGlue.Edge.Regions;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;

[module: DapperAot]

if (EdgeCommands.AreMeant(args))
{
    return await EdgeCommands.RunAsync(args);
}

try
{
    var builder = WebApplication.CreateSlimBuilder([Startup.NoReload, .. args, Startup.NoForwarding]);
    builder.Configuration.AddDotEnv();
    builder.AddEdgeLogging();
    builder.AddEdgeShutdown();
    var options = EdgeOptions.Read(builder.Configuration);

    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Configure(options));
    builder.Services.TryAddSingleton(TimeProvider.System);
    builder.Services.AddSingleton(options);
    builder.Services.AddSingleton<EdgeDatabase>();
    builder.Services.AddSingleton<StorageMetrics>();
    builder.Services.AddSingleton<WriteQueue>();
    builder.Services.AddHostedService(services => services.GetRequiredService<WriteQueue>());
    builder.Services.AddSingleton<ServerIds>();
    builder.Services.AddSingleton<BodyBudget>();
    builder.Services.AddSingleton<IngestMetrics>();
    builder.Services.AddSingleton<IngestBody>();
    builder.Services.AddSingleton<IngestEndpoints>();
    builder.Services.AddSingleton<JourneyReader>();
    builder.Services.AddSingleton<Readiness>();
    builder.Services.AddRegions(options);
    builder.Services.AddCrossOrigin(options);
    builder.Services.AddRateLimits(options);
    builder.Services.AddRequestDecompression();
    builder.Services.AddEdgeMetrics();

    await using var app = builder.Build();
    app.UseErrorBodies();
    app.UseSecurityHeaders();
    app.UseMetricsPort(options);
    app.UseWholeSegments();
    app.UseRouting();
    app.UseReadablePreflights();
    app.UseCors();
    app.UseRateLimits(options);
    app.UseAccess(options);
    app.UseRegions(options);
    app.UseCompressedBodies();
    app.MapWrites(options);
    app.MapJourneys();
    app.MapHealth();
    app.MapMetrics();
    app.MapOpenApiDocument();
    app.Services.GetRequiredService<RegionMetrics>();

    var database = app.Services.GetRequiredService<EdgeDatabase>();
    database.RequireWritable();
    app.MakeRoomForOutbox(options);
    SchemaUpgrade.Apply(database.UpgradeConnectionString, SchemaUpgrade.Scripts());
    app.CheckOutbox(options);
    await app.RunEdgeAsync(options);
    return 0;
}
catch (Exception exception) when (exception is SettingException or SchemaException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
