using Dapper;
using DataGlue.Edge;
using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;

[module: DapperAot]

try
{
    var builder = WebApplication.CreateSlimBuilder([Startup.NoReload, .. args]);
    builder.AddDotEnv();
    builder.AddEdgeLogging();
    builder.AddEdgeShutdown();
    var options = EdgeOptions.Read(builder.Configuration);

    builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenAnyIP(options.Port);
    });
    builder.Services.TryAddSingleton(TimeProvider.System);
    builder.Services.AddSingleton(options);
    builder.Services.AddSingleton<EdgeDatabase>();
    builder.Services.AddSingleton<WriteQueue>();
    builder.Services.AddHostedService(services => services.GetRequiredService<WriteQueue>());
    builder.Services.AddSingleton<ServerIds>();
    builder.Services.AddSingleton<IngestEndpoints>();
    builder.Services.AddSingleton<JourneyReader>();

    await using var app = builder.Build();
    app.UseErrorBodies();
    app.UseWholeSegments();
    app.UseRouting();
    app.Services.GetRequiredService<IngestEndpoints>().Map(app);
    app.MapJourneys();

    SchemaUpgrade.Apply(app.Services.GetRequiredService<EdgeDatabase>().UpgradeConnectionString, SchemaUpgrade.Scripts());
    await app.RunEdgeAsync(options);
    return 0;
}
catch (Exception exception) when (exception is SettingException or SchemaException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
