using System.CommandLine;
using System.CommandLine.Help;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>The commands of the program; each has a file.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command: without arguments, the server runs instead. Returns the exit code: 0 on success, else 1 and one line on standard error.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var parsed = Root().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            var fault = parsed.UnmatchedTokens is [var first, ..] ? Unknown(first) : parsed.Errors[0].Message.TrimEnd('.');
            return Fail($"{fault}; --help tells what there is");
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (exception is CommandException or SettingException or SchemaException or SqliteException
            or IOException or UnauthorizedAccessException or ArgumentException or OperationCanceledException)
        {
            return Fail(exception switch
            {
                SqliteException sqlite => Explain(sqlite),
                OperationCanceledException => "Interrupted",
                _ => exception.Message,
            });
        }
    }

    /// <summary>The command without arguments that <paramref name="run"/> executes; it returns the exit code.</summary>
    public static Command Make(string name, string description, Func<int> run)
    {
        var command = new Command(name, description);
        command.SetAction(_ => run());
        return command;
    }

    /// <summary>The command with FILE, as a full path, and --force.</summary>
    public static Command Make(string name, string description, string fileDescription, string forceDescription, Func<string, bool, int> run)
    {
        var file = new Argument<string>("FILE") { Description = fileDescription };
        var force = new Option<bool>("--force") { Description = forceDescription };
        var command = new Command(name, description) { file, force };
        command.SetAction(parsed => run(Path.GetFullPath(parsed.GetRequiredValue(file)), parsed.GetValue(force)));
        return command;
    }

    /// <summary>The settings, read as the server reads them.</summary>
    public static Settings ReadSettings() => Settings.Read(new Variables().ToConfiguration());

    /// <summary>The database of the settings, as a full path.</summary>
    /// <exception cref="CommandException">The file does not exist.</exception>
    public static string DatabasePath()
    {
        var path = ReadSettings().DatabasePath;
        CommandException.Unless(File.Exists(path), $"There is no database at '{path}' (DATABASE_PATH)");
        return path;
    }

    public static string Explain(SqliteException exception) => $"{Outage.Explain(Outage.CodeOf(exception))} ({exception.Message})";
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
        PromoteCommand.Make(),
    };

    // The value behind = may be a key.
    private static string Unknown(string argument) => argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var end
        ? $"'{argument[..end]}' is not known here: settings come from the environment and the file .env, not from arguments"
        : $"'{argument}' is not known here";

    private static int Fail(string message)
    {
        StandardStreams.Tell(message);
        return 1;
    }
}

/// <summary>A command cannot go on: ends it with one line.</summary>
internal sealed class CommandException(string message) : Exception(message)
{
    public static void Unless(bool condition, string message)
    {
        if (!condition)
        {
            throw new CommandException(message);
        }
    }
}
