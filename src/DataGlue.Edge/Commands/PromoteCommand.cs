using System.CommandLine;
using Dapper;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary><c>promote</c>: makes the database of an edge that of a home, which no start does by itself.</summary>
internal static class PromoteCommand
{
    public static Command Make()
    {
        var force = new Option<bool>("--force") { Description = "Do it; without it, tell what it would mean" };
        var command = new Command("promote", "Make the database of an edge that of a home, when its home is gone for good") { force };
        command.SetAction(parsed => Run(parsed.GetValue(force)));
        return command;
    }

    // A server may run: on Fly.io, a machine without one cannot be entered. It goes on as an edge until it ends.
    private static int Run(bool force)
    {
        var settings = CommandLine.ReadSettings();
        var database = CommandLine.DatabasePath();
        using var connection = Database.OpenFile(database, SqliteOpenMode.ReadWrite);
        SchemaUpgrade.RequireOwn(connection, database);
        if (connection.Number(SqlFile.Read("read/is_of_edge")) == 0)
        {
            Console.WriteLine($"{database} is not that of an edge: it starts as a home; nothing was changed");
            return 0;
        }

        var waiting = connection.ExecuteScalar<long>(SqlFile.Read("read/outbox_count"), new { last = long.MaxValue });
        CommandException.Unless(
            force,
            $"'{database}' is the database of an edge, with {waiting} writes that wait for its home: as a home it stores those and what comes from now on, and has nothing of what the former home holds; --force promotes it");
        Promote(connection, database);
        Console.WriteLine($"{database} is that of a home from the next start on, which stores the writes that wait in it then; {waiting} do now");
        if (settings.Home is { } home)
        {
            Console.WriteLine($"The settings still make this node an edge of {home}: unset HOME_URL, or on Fly.io set PRIMARY_REGION to its region, before that start");
        }

        return 0;
    }

    private static void Promote(SqliteConnection connection, string database)
    {
        var own = connection.QueryFirst<string>(SqlFile.Read("read/server_state"), new { name = "database_id" });
        try
        {
            connection.Execute(SqlFile.Read("write/home_id"), new { home = own });
        }
        catch (SqliteException exception) when (Outage.IsDiskFull(Outage.CodeOf(exception)))
        {
            OutboxReserve.Discard(database);
            connection.Execute(SqlFile.Read("write/home_id"), new { home = own });
        }
    }
}
