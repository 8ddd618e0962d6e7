using System.CommandLine;
using DataGlue.Edge.Regions;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary><c>restore FILE</c>: puts a backup in the place of the database.</summary>
internal static class RestoreCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A copy that backup has made" };
        var force = new Option<bool>("--force") { Description = "Replace the database that is there; it is kept beside, as NAME.replaced-TIME" };
        var command = new Command("restore", "Check FILE and put a copy of it where the database is to be") { file, force };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetValue(force)));
        return command;
    }

    private static int Run(string file, bool force)
    {
        var options = EdgeCommands.Options();
        var database = options.DatabasePath;
        var backup = Path.GetFullPath(file);
        CommandException.Unless(File.Exists(backup), $"There is no file '{backup}'");
        CommandException.Unless(backup != database, $"'{backup}' is the database itself");
        CommandException.Unless(force || !EdgeDatabase.Suffixes.Any(suffix => File.Exists(database + suffix)), $"There is a database at '{database}'; --force replaces it and keeps it beside");
        Directory.CreateDirectory(Path.GetDirectoryName(database)!);
        using var partial = new PartialFile(database);
        Fill(partial, backup);
        RequireRole(partial.Path, backup, options);
        UnixFile.Resemble(partial.Path, File.Exists(database) ? database : Path.GetDirectoryName(database)!);
        partial.Sync();
        Settle(database);
        var kept = SetAside(database);
        partial.Complete(overwrite: false);
        Console.WriteLine($"{backup} is restored to {database}: {EdgeCommands.Megabytes(new FileInfo(database).Length)}, checked");
        if (kept is not null)
        {
            Console.WriteLine($"The former database is {kept}");
            Console.WriteLine("A server that runs takes the new one over at its next write, or when it is asked for /readyz");
        }

        return 0;
    }

    // All that can go wrong goes wrong here, with the database still in its place.
    private static void Fill(PartialFile partial, string backup)
    {
        try
        {
            using var source = EdgeDatabase.OpenFile(backup, SqliteOpenMode.ReadOnly);
            RequireScripts(source, backup);
            var copy = OnlineCopy.Make(source, partial.Path, new Progress(Console.Error));
            SchemaUpgrade.Apply(copy, SchemaUpgrade.Scripts());
        }
        catch (SqliteException exception)
        {
            throw new CommandException($"'{backup}' is not restored: {EdgeCommands.Tell(exception)}");
        }
    }

    private static void RequireScripts(SqliteConnection source, string backup)
    {
        var applied = SchemaUpgrade.Applied(source);
        CommandException.Unless(applied is { Count: > 0 }, $"'{backup}' is not a database of this program, and is not restored");
        var newer = SchemaUpgrade.TellNewer(applied!);
        CommandException.Unless(newer is null, $"'{backup}' is not restored: {newer}");
    }

    // The outbox of an edge and the data of a home are not each other's: the server would not start on it, or answer for nobody. What an edge sends
    // at this moment belongs to the file that is in place.
    private static void RequireRole(string copy, string backup, EdgeOptions options)
    {
        using var connection = EdgeDatabase.OpenFile(copy, SqliteOpenMode.ReadOnly);
        var holdsVisitors = connection.Number(OutboxSql.HoldsVisitors) != 0;
        if (options.Home is null)
        {
            CommandException.Unless(
                holdsVisitors || connection.Number(OutboxSql.HasHome) == 0, $"'{backup}' is not restored: it is the database of an edge, and without HOME_URL this is a home");
            return;
        }

        CommandException.Unless(!holdsVisitors, $"'{backup}' is not restored: it holds visitors, and HOME_URL makes this an edge");
        CommandException.Unless(!HealthcheckCommand.Answers(options.Port), "The server of this edge runs: stop it first, because what it is sending belongs to the database that is in place");
    }

    // Where no server runs, the end of this one connection moves the log into the database, so that one file is set aside and not three:
    // killed between two of them, a database would be left without the log that belongs to it.
    private static void Settle(string database)
    {
        try
        {
            EdgeDatabase.OpenFile(database, SqliteOpenMode.ReadWrite).Dispose();
        }
        catch (SqliteException)
        {
            // There is none, or it is damaged, as it may be where a backup is wanted.
        }
    }

    // The database goes first: while there is none, a running server takes no writes, and of a file without its log it would read too little.
    private static string? SetAside(string database)
    {
        var kept = $"{database}.replaced-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}";
        var present = EdgeDatabase.Suffixes.Where(suffix => File.Exists(database + suffix)).ToList();
        foreach (var suffix in present)
        {
            File.Move(database + suffix, kept + suffix);
        }

        return present.Count > 0 ? kept : null;
    }
}
