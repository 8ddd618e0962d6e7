using System.CommandLine;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Commands;

/// <summary><c>vacuum</c>: returns the space of deleted rows to the disk.</summary>
internal static class VacuumCommand
{
    private const string Checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";

    public static Command Make() =>
        CommandLine.Make("vacuum", "Empty the write-ahead log and write the database anew without its free space; best while the server is stopped", Run);

    private static int Run()
    {
        var database = CommandLine.DatabasePath();
        try
        {
            Vacuum(database);
            return 0;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
        {
            throw new CommandException("The server or another process is writing to the database: stop it, or try again when less is written; nothing was changed");
        }
        catch (SqliteException exception) when (Outage.IsDiskFull(Outage.CodeOf(exception)))
        {
            throw new CommandException(
                $"The disk is full: there must be room for the database once more in the folder for temporary files (SQLITE_TMPDIR, else /var/tmp) and once more beside '{database}'; nothing was changed");
        }
    }

    private static void Vacuum(string database)
    {
        using var connection = Database.OpenFile(database, SqliteOpenMode.ReadWrite);
        connection.Number(Checkpoint);
        var (before, free) = (Size(database), connection.Number("PRAGMA freelist_count") * connection.Number("PRAGMA page_size"));
        Console.WriteLine($"before: {CommandLine.Megabytes(before)}, of which free {CommandLine.Megabytes(free)}");
        using (new Progress("writing the database anew"))
        {
            connection.Execute("VACUUM");
        }

        var emptied = connection.Number(Checkpoint) == 0;
        Console.WriteLine($"after: {CommandLine.Megabytes(Size(database))}");
        if (!emptied)
        {
            Console.WriteLine("The server or another process reads the write-ahead log, so that it is not emptied; the space is given back at the server's next checkpoint or its end");
        }
    }

    private static long Size(string database) =>
        new[] { database, database + "-wal" }.Where(File.Exists).Sum(path => new FileInfo(path).Length);
}
