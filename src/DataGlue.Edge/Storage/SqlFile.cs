using System.Collections.Concurrent;

namespace DataGlue.Edge.Storage;

/// <summary>The SQL files under sql/write, sql/read and sql/repair, which the program carries under their own names.</summary>
internal static class SqlFile
{
    // Of the program, not of a database: every database has the same.
    private static readonly ConcurrentDictionary<string, string> Texts = new();

    /// <summary>The text of one: <c>write/event</c> is that of sql/write/event.sql.</summary>
    public static string Read(string name) => Texts.GetOrAdd(name, static name =>
    {
        using var reader = new StreamReader(typeof(SqlFile).Assembly.GetManifestResourceStream($"sql/{name}")!);
        return reader.ReadToEnd();
    });
}
