using System.CommandLine;
using System.CommandLine.Help;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>What the program does besides serving: one file a command.</summary>
internal static class CommandLine
{
    /// <summary>
    /// Whether a command is called. Without arguments the program is the server, and so it is where all of them are settings of the host
    /// (<c>--name=value</c>): whatever else stands there must not start a server by mistake.
    /// </summary>
    public static bool IsCommand(string[] arguments) =>
        !arguments.All(argument => argument.StartsWith("--", StringComparison.Ordinal) && argument.Contains('=', StringComparison.Ordinal));

    /// <summary>Runs the command; what goes wrong is one line on standard error.</summary>
    /// <returns>The exit code: 0 when all is well, else 1.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var parsed = Root().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            var fault = parsed.UnmatchedTokens is [var first, ..] ? $"'{first}' is not known here" : parsed.Errors[0].Message.TrimEnd('.');
            return Fail($"{fault}; --help tells what there is");
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (exception is CommandException or SettingException or SchemaException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Fail(exception.Message);
        }
        catch (SqliteException exception)
        {
            return Fail(Tell(exception));
        }
    }

    /// <summary>The settings of the server that stands beside the command, read as it reads them.</summary>
    /// <exception cref="SettingException">A setting makes no sense.</exception>
    public static Settings ReadSettings()
    {
        var configuration = new ConfigurationBuilder();
        configuration.AddDotEnv();
        configuration.AddEnvironmentVariables();
        return Settings.Read(configuration.Build());
    }

    /// <summary>The database of the settings, as a full path.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static string DatabasePath()
    {
        var path = ReadSettings().DatabasePath;
        CommandException.Unless(File.Exists(path), $"There is no database at '{path}' (DATABASE_PATH)");
        return path;
    }

    /// <summary>An error of SQLite in words, with its own behind them.</summary>
    public static string Tell(SqliteException exception) => $"{Outage.Explain(Outage.CodeOf(exception))} ({exception.Message})";

    /// <summary>A size in megabytes.</summary>
    public static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e6:0.0} MB");

    // Not a RootCommand: that would take the end of the program's name for the ending of a file.
    private static Command Root() => new(
        "DataGlue.Edge",
        "Without arguments, the server. Settings come from the environment and the file .env. Exit codes: 0 all is well, 1 it is not.")
    {
        new HelpOption(),
        new VersionOption(),
        BackupCommand.Make(),
        RestoreCommand.Make(),
        CheckCommand.Make(),
        VacuumCommand.Make(),
        HealthcheckCommand.Make(),
        DrainCommand.Make(),
    };

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message.ReplaceLineEndings(" "));
        return 1;
    }
}

/// <summary>A command cannot do what it was asked: ends it with one line.</summary>
internal sealed class CommandException(string message) : Exception(message)
{
    /// <summary>Ends the command, unless it is so.</summary>
    public static void Unless(bool condition, string message)
    {
        if (!condition)
        {
            throw new CommandException(message);
        }
    }
}
