using System.Net.Sockets;
using DataGlue.Edge.Commands;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Console;

namespace DataGlue.Edge;

/// <summary>The host, the log, and the start and end of the server.</summary>
internal static partial class Startup
{
    public const string Meter = "DataGlue.Edge";

    // Those below may be root's alone.
    private const int FirstFreePort = 1_024;

    /// <summary>A host that reads no configuration: neither appsettings.json nor a variable of the framework, which listens, filters and trusts proxies as they say.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        return builder;
    }

    /// <summary>Logs one line an entry to the console, in a terminal to be read, else as JSON; of the framework only warnings and errors.</summary>
    public static void AddServerLogging(this WebApplicationBuilder builder)
    {
        if (Console.IsOutputRedirected)
        {
            builder.Logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
        else
        {
            builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.ColorBehavior) = (true, LoggerColorBehavior.Disabled));
        }

        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // Kestrel warns of each connection that it refuses, and of each body that ends early or cannot be read to its end: any client could fill the log.
        // The metrics count them; ErrorBodies logs what fails in the application.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);

        // While this log is on at any level, each request gets an activity and a scope; the last line of a failed start says what it would.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // Logs a failed start with a stack trace; its last line says the same.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }

    /// <summary>Ends connections that are still busy this long after the signal, so that a slow client does not outlast the platform's grace period.</summary>
    public static void AddServerShutdown(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));
        builder.Services.AddSingleton<IHostLifetime, StopSignals>();
    }

    /// <exception cref="SettingException">The database cannot be used, or the port cannot be listened on.</exception>
    /// <exception cref="SchemaException">The schema of the database does not fit.</exception>
    public static async Task StartServerAsync(this WebApplication app)
    {
        var settings = app.Services.GetRequiredService<Settings>();
        var role = app.Services.GetRequiredService<Role>();
        var database = app.Services.GetRequiredService<Database>();
        app.Services.GetRequiredService<DatabaseLock>();
        database.RequireWritable();
        role.Prepare(app);
        using var guard = database.OpenGuard();
        SchemaUpgrade.Apply(database.UpgradeConnectionString, SchemaUpgrade.Scripts());
        database.SyncFolder();
        role.CheckDatabase(app);
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The message names the address where it is taken, and nothing where the port is one of root's.
            var (name, port) = settings.MetricsPort is { } other
                && (exception.Message.Contains($":{other}", StringComparison.Ordinal) || (exception is SocketException && settings.Port >= FirstFreePort))
                    ? ("METRICS_PORT", other)
                    : ("PORT", settings.Port);
            throw new SettingException($"{name} {port} cannot be listened on: {exception.Message}");
        }

        // Frees what the start has allocated: an idle server takes a few megabytes less.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        LogListening(app.Logger, settings.Port, settings.DatabasePath, role.Description);
        LogAccess(app.Logger, settings);
        if (database.IsOpenToOthers)
        {
            LogOpenToOthers(app.Logger, settings.DatabasePath);
        }
    }

    /// <summary>Serves until a signal; pending writes are written before the end. Returns the exit code: 1 when the start or the write queue has failed, else 0.</summary>
    public static async Task<int> RunServerAsync()
    {
        try
        {
            var variables = new Variables();
            await using var app = Program.Build(Settings.Read(variables.ToConfiguration()), TimeProvider.System);
            await app.StartServerAsync();
            LogQuotes(app.Logger, variables);
            await app.WaitForShutdownAsync();
            return app.Services.GetRequiredService<WriteQueue>().HasFailed ? 1 : 0;
        }
        catch (OperationCanceledException)
        {
            // A signal has come during the start.
            return 0;
        }
        catch (Exception exception) when (exception is SettingException or SchemaException)
        {
            StandardStreams.Tell(exception.Message);
            return 1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SqliteException)
        {
            StandardStreams.Tell($"The server cannot start or go on: {(exception is SqliteException sqlite ? CommandLine.Explain(sqlite) : exception.Message)}");
            return 1;
        }
    }

    private static void LogAccess(ILogger logger, Settings settings)
    {
        if (!settings.ApiKeys.AreSet)
        {
            LogNoKey(logger);
        }
        else if (!settings.AllowedOrigins.AreNamed && !settings.WriteKeys.AreSet)
        {
            LogNoOrigins(logger);
        }

        if (settings.ApiKeys.HasShort)
        {
            LogShortKey(logger, "API_KEY");
        }

        if (settings.RelayKeys.HasShort)
        {
            LogShortKey(logger, "RELAY_KEY");
        }
    }

    private static void LogQuotes(ILogger logger, Variables variables)
    {
        foreach (var name in variables.Quoted)
        {
            LogQuoted(logger, name);
        }
    }

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "API_KEY is not set: whoever reaches the port may write; reads are answered to this machine alone")]
    private static partial void LogNoKey(ILogger logger);
    [LoggerMessage(EventId = 10, Level = LogLevel.Warning, Message = "API_KEY is set and ALLOWED_ORIGINS names no origin: browsers, which have no key, get 401")]
    private static partial void LogNoOrigins(ILogger logger);
    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "A key of {Name} has fewer than 16 characters and may be guessed")]
    private static partial void LogShortKey(ILogger logger, string name);
    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "Other users of this machine may read {Path}: it keeps the rights that it has; chmod 600 takes theirs away")]
    private static partial void LogOpenToOthers(ILogger logger, string path);
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "DataGlue Edge listens on http://localhost:{Port}, data in {Path}, as {Role}")]
    private static partial void LogListening(ILogger logger, int port, string path, string role);
    [LoggerMessage(EventId = 41, Level = LogLevel.Warning, Message = "{Name} has quotes around its whole value, which are taken off; remove them")]
    private static partial void LogQuoted(ILogger logger, string name);
}
