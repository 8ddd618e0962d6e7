using System.CommandLine;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary><c>backup FILE</c>: copies the database as it stands now into one file, whether the server runs or not.</summary>
internal static class BackupCommand
{
    public static Command Make() => CommandLine.Make(
        "backup", "Copy the database into FILE, also while the server runs, and check the copy", "Where to put the copy", "Replace FILE if it exists", Run);

    private static int Run(string copy, bool force)
    {
        var database = CommandLine.DatabasePath();
        CommandException.Unless(!Directory.Exists(copy), $"'{copy}' is a folder");
        CommandException.Unless(
            UnixFile.KindOf(copy, followLinks: false) != FileKind.Other, $"'{copy}' is a link, a device or a pipe, and is not replaced; name a file, or remove it first");
        CommandException.Unless(!Database.Suffixes.Any(suffix => copy == database + suffix), $"'{copy}' is the database itself");
        CommandException.Unless(force || !File.Exists(copy), $"'{copy}' exists; --force replaces it");
        using var partial = new PartialFile(copy);
        try
        {
            using var source = Database.OpenFile(database, SqliteOpenMode.ReadOnly);
            OnlineCopy.Make(source, partial.Path);
        }
        catch (SqliteException exception)
        {
            throw new CommandException($"'{database}' is not copied: {CommandLine.Explain(exception)}");
        }

        partial.Complete(overwrite: force);
        Console.WriteLine($"{database} is copied to {copy}: {CommandLine.Megabytes(new FileInfo(copy).Length)}, checked");
        return 0;
    }
}
