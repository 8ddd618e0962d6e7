using dotenv.net;
using Microsoft.Extensions.Logging.Console;

namespace DataGlue.Edge;

/// <summary>What happens around the server: the .env file, the log, and starting to listen.</summary>
internal static partial class Startup
{
    /// <summary>Lets a <c>.env</c> file in the working directory stand behind the environment.</summary>
    public static void AddDotEnv(this WebApplicationBuilder builder)
    {
        var path = Path.Combine(Directory.GetCurrentDirectory(), ".env");
        if (!File.Exists(path))
        {
            return;
        }

        var settings = DotEnv.Read(new DotEnvOptions(envFilePaths: [path], probeForEnv: false));
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(
            0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = settings! });
    }

    /// <summary>Logs to the console one line an entry, and of the framework only what goes wrong.</summary>
    public static void AddEdgeLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    }

    /// <summary>Listens until the process is told to stop; what waits is written before it ends.</summary>
    /// <exception cref="SettingException">The port cannot be listened on.</exception>
    public static async Task RunEdgeAsync(this WebApplication app, EdgeOptions options)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException exception)
        {
            throw new SettingException($"PORT {options.Port} cannot be listened on: {exception.Message}");
        }

        LogListening(app.Logger, options.Port, options.DatabasePath);
        await app.WaitForShutdownAsync();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "DataGlue Edge listens on http://localhost:{Port}, data in {Path}")]
    private static partial void LogListening(ILogger logger, int port, string path);
}
