using DataGlue.Edge.Storage;
using dotenv.net;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Console;

namespace DataGlue.Edge;

/// <summary>The .env file, the log, and the start and end of the server.</summary>
internal static partial class Startup
{
    /// <summary>Keeps the host from watching the working directory for new settings: with the database below it, each write would wake the watcher.</summary>
    public const string NoReload = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Keeps the framework from trusting any peer's X-Forwarded-For, as a variable of many container recipes tells it to: TRUSTED_PROXIES decides.</summary>
    public const string NoForwarding = "--ForwardedHeaders_Enabled=false";

    public const string Meter = "DataGlue.Edge";

    /// <summary>Reads the <c>.env</c> file of the working directory; the environment has precedence.</summary>
    /// <exception cref="SettingException">The file cannot be read.</exception>
    public static void AddDotEnv(this IConfigurationBuilder configuration)
    {
        var path = Path.Combine(Directory.GetCurrentDirectory(), ".env");
        if (File.Exists(path))
        {
            configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = ReadDotEnv(path)! });
        }
    }

    /// <summary>Logs one line an entry to the console, as JSON in production; of the framework only warnings and errors.</summary>
    public static void AddServerLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        if (builder.Environment.IsProduction())
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
    public static void AddServerShutdown(this WebApplicationBuilder builder) =>
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));

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
        catch (IOException exception)
        {
            var (name, port) = settings.MetricsPort is { } other && exception.Message.Contains($":{other}", StringComparison.Ordinal)
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

    /// <summary>Serves until a signal; pending writes are written before the end. Returns the exit code: 1 when the write queue has failed, else 0.</summary>
    public static async Task<int> RunServerAsync(this WebApplication app)
    {
        await app.StartServerAsync();
        await app.WaitForShutdownAsync();
        return app.Services.GetRequiredService<WriteQueue>().HasFailed ? 1 : 0;
    }

    private static void LogAccess(ILogger logger, Settings settings)
    {
        if (!settings.ApiKeys.AreSet)
        {
            LogNoKey(logger);
        }
        else if (!settings.AllowedOrigins.AreNamed)
        {
            LogNoOrigins(logger);
        }

        if (settings.ApiKeys.HasShort)
        {
            LogShortKey(logger);
        }
    }

    private static IDictionary<string, string> ReadDotEnv(string path)
    {
        try
        {
            return DotEnv.Read(new DotEnvOptions(envFilePaths: [path], probeForEnv: false));
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new SettingException($".env must hold lines NAME=value: {exception.Message}");
        }
    }

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "API_KEY is not set: whoever reaches the port may write; reads are answered to this machine alone")]
    private static partial void LogNoKey(ILogger logger);
    [LoggerMessage(EventId = 10, Level = LogLevel.Warning, Message = "API_KEY is set and ALLOWED_ORIGINS names no origin: browsers, which have no key, get 401")]
    private static partial void LogNoOrigins(ILogger logger);
    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "A key of API_KEY has fewer than 16 characters and may be guessed")]
    private static partial void LogShortKey(ILogger logger);
    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "Other users of this machine may read {Path}: it keeps the rights that it has; chmod 600 takes theirs away")]
    private static partial void LogOpenToOthers(ILogger logger, string path);
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "DataGlue Edge listens on http://localhost:{Port}, data in {Path}, as {Role}")]
    private static partial void LogListening(ILogger logger, int port, string path, string role);
}
