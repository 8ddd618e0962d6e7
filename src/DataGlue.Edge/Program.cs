using Dapper;
using DataGlue.Edge;
using DataGlue.Edge.Commands;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Monitoring;
using DataGlue.Edge.OpenApi;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;

[module: DapperAot]

UnixFile.MakePrivate();
if (CommandLine.IsCommand(args))
{
    return await CommandLine.RunAsync(args);
}

try
{
    await using var app = Build(args);
    return await app.RunServerAsync();
}
catch (Exception exception) when (exception is SettingException or SchemaException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}

/// <summary>The server.</summary>
internal sealed partial class Program
{
    /// <summary>Composes the server; it listens once it is started.</summary>
    /// <param name="args">Settings of the host: <c>--NAME=value</c>.</param>
    /// <exception cref="SettingException">A setting makes no sense.</exception>
    internal static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder([Startup.NoReload, .. args, Startup.NoForwarding]);
        builder.Configuration.AddDotEnv();
        builder.AddServerLogging();
        builder.AddServerShutdown();
        var settings = Settings.Read(builder.Configuration);
        var role = Role.Of(settings);

        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(role);
        builder.AddHttp(settings);
        builder.Services.AddDoor(settings);
        builder.Services.AddStorage();
        builder.Services.AddIntake();
        builder.Services.AddSingleton<GlueEndpoints>();
        builder.Services.AddSingleton<JourneyReader>();
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
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApiDocument();
        return app;
    }
}
