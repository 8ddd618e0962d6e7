using System.Globalization;

namespace DataGlue.Edge.Tests.Support;

/// <summary>Damage to a database file that no server has open.</summary>
public static class Damage
{
    /// <summary>Writes garbage over the root of an index: what asks it fails, and what does not ask it goes on.</summary>
    public static void Index(string path)
    {
        var database = new DatabaseFile(path);
        database.Query("PRAGMA wal_checkpoint(TRUNCATE)");
        var size = long.Parse(database.Query("PRAGMA page_size")[0], CultureInfo.InvariantCulture);
        var root = long.Parse(database.Query("SELECT rootpage FROM sqlite_schema WHERE name = 'idx_events_event'")[0], CultureInfo.InvariantCulture);
        var garbage = new byte[size];
        new Random(1).NextBytes(garbage);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Position = (root - 1) * size;
        file.Write(garbage);
    }
}
