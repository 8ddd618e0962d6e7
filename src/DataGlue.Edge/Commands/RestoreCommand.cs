using System.CommandLine;
using Dapper;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary><c>restore FILE</c>: puts a backup in the place of the database.</summary>
internal static class RestoreCommand
{
    private const int TombstonesTogether = 1_000;

    public static Command Make() => CommandLine.Make(
        "restore",
        "Check FILE and put a copy of it where the database is to be",
        "A copy that backup has made",
        "Replace the database that is there; it is kept beside, as NAME.replaced-TIME",
        Run);

    private static int Run(string backup, bool force)
    {
        var settings = CommandLine.ReadSettings();
        var database = settings.DatabasePath;
        CommandException.Unless(!DatabaseLock.IsHeld(database), $"A server runs on '{database}': stop it first, then restore, then start it");
        CommandException.Unless(File.Exists(backup), $"There is no file '{backup}'");
        CommandException.Unless(backup != database, $"'{backup}' is the database itself");
        CommandException.Unless(force || !Database.Suffixes.Any(suffix => File.Exists(database + suffix)), $"There is a database at '{database}'; --force replaces it and keeps it beside");
        Directory.CreateDirectory(Path.GetDirectoryName(database)!);
        using var partial = new PartialFile(database);
        Fill(partial, backup);
        RequireRole(partial.Path, backup, settings);
        KeepTombstones(database, partial.Path);
        UnixFile.CopyOwnerAndMode(partial.Path, File.Exists(database) ? database : Path.GetDirectoryName(database)!);
        partial.Sync();
        EmptyLog(database);
        var kept = SetAside(database);
        partial.Complete(overwrite: false);
        Console.WriteLine($"{backup} is restored to {database}: {CommandLine.Megabytes(new FileInfo(database).Length)}, checked");
        if (kept is not null)
        {
            Console.WriteLine($"The former database is {kept}");
        }

        return 0;
    }

    // Whatever can fail fails here, before the database is touched.
    private static void Fill(PartialFile partial, string backup)
    {
        try
        {
            using var source = Database.OpenFile(backup, SqliteOpenMode.ReadOnly);
            var applied = SchemaUpgrade.Applied(source);
            CommandException.Unless(applied is { Count: > 0 }, $"'{backup}' is not a database of this program, and is not restored");
            var misfit = SchemaUpgrade.Misfit(applied!);
            CommandException.Unless(misfit is null, $"'{backup}' is not restored: {misfit}");
            SchemaUpgrade.Apply(OnlineCopy.Make(source, partial.Path), SchemaUpgrade.Scripts());
        }
        catch (SqliteException exception)
        {
            throw new CommandException($"'{backup}' is not restored: {CommandLine.Explain(exception)}");
        }
    }

    // On the database of the other role the server would not start, or would have no visitors.
    private static void RequireRole(string copy, string backup, Settings settings)
    {
        using var connection = Database.OpenFile(copy, SqliteOpenMode.ReadOnly);
        var (isHome, holdsVisitors) = (settings.Home is null, connection.Number(SqlFile.Read("read/holds_visitors")) != 0);
        CommandException.Unless(isHome || !holdsVisitors, $"'{backup}' is not restored: it holds visitors, and HOME_URL makes this an edge");
        var isOfEdge = connection.Number(SqlFile.Read("read/is_of_edge")) != 0;
        CommandException.Unless(!isHome || !isOfEdge, $"'{backup}' is not restored: it is the database of an edge, and without HOME_URL this is a home");
    }

    // What was erased after the backup was made must not come back with it: the next start erases it again.
    private static void KeepTombstones(string database, string copy)
    {
        List<TombstoneRow> rows = [];
        string? key = null;
        try
        {
            using var former = File.Exists(database) ? Database.OpenUnchanged(database) : null;
            if (former is not null)
            {
                rows = [.. former.Query<TombstoneRow>(SqlFile.Read("read/tombstones"))];
                key = KeyOf(former);
            }
        }
        catch (SqliteException)
        {
            // The database is damaged, as it may be when a backup is restored.
        }

        if (rows.Count == 0)
        {
            return;
        }

        using var restored = Database.OpenFile(copy, SqliteOpenMode.ReadWrite);
        if (KeyOf(restored) != key)
        {
            Console.WriteLine("What was erased from the former database is not kept from coming back: the backup is of another database");
            return;
        }

        foreach (var some in rows.Chunk(TombstonesTogether))
        {
            var (tombstones, applied) = (Tombstone.ToJson(some.Select(row => row.ToTombstone().ToList())), 0);
            restored.Execute(SqlFile.Read("write/tombstones_taken"), new { tombstones, applied });
        }
    }

    private static string? KeyOf(SqliteConnection connection)
    {
        const string name = "tombstone_key";
        return connection.QueryFirstOrDefault<string>(SqlFile.Read("read/server_state"), new { name });
    }

    // Where no server runs, closing this connection moves the log into the database, so that one file is set aside and not three:
    // a kill between two of them would part a database from its log.
    private static void EmptyLog(string database)
    {
        try
        {
            Database.OpenFile(database, SqliteOpenMode.ReadWrite).Dispose();
        }
        catch (SqliteException)
        {
            // The database is missing or damaged, as it may be when a backup is restored.
        }
    }

    private static string? SetAside(string database)
    {
        var kept = $"{database}.replaced-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}";
        var present = Database.Suffixes.Where(suffix => File.Exists(database + suffix)).ToList();
        foreach (var suffix in present)
        {
            File.Move(database + suffix, kept + suffix);
        }

        return present.Count > 0 ? kept : null;
    }
}
