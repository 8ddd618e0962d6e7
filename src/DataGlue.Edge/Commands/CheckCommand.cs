using System.CommandLine;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Commands;

/// <summary><c>check</c>: reads the whole database, and reports damage and profiles that do not follow from their logs.</summary>
internal static class CheckCommand
{
    public static Command Make() => CommandLine.Make("check", "Read the whole database and tell what is damaged or does not fit together; changes nothing", Run);

    private static int Run()
    {
        var database = CommandLine.DatabasePath();
        using var connection = Database.OpenUnchanged(database);
        return new DatabaseCheck(connection).Run() == 0 ? 0 : throw new CommandException($"'{database}' is not as it should be");
    }
}
