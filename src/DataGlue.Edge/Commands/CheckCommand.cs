using System.CommandLine;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Commands;

/// <summary><c>check</c>: whether the database is whole, and says the same in its profiles as in its logs. It reads only.</summary>
internal static class CheckCommand
{
    public static Command Make()
    {
        var command = new Command("check", "Read the whole database and tell what is damaged or does not fit together; changes nothing");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        var database = CommandLine.DatabasePath();
        using var connection = Database.OpenUnchanged(database);
        var wrong = new DatabaseCheck(connection, Console.Out, new Progress(Console.Error)).Run();
        return wrong == 0 ? 0 : throw new CommandException($"'{database}' is not as it should be");
    }
}
