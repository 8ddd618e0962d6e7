using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Reports;

/// <summary>Tells one state of the database from the next: it changes with each commit, whoever makes it.</summary>
internal sealed class CommitMark(Database database, TimeProvider clock) : IDisposable
{
    private readonly Lock gate = new();
    private readonly long start = Instants.Now(clock);
    private SqliteConnection? connection;

    /// <summary>SQLite counts, for one connection, the commits of all others.</summary>
    public string Current()
    {
        lock (gate)
        {
            connection ??= database.OpenReader();
            return $"{start.ToString(CultureInfo.InvariantCulture)}-{connection.Number("PRAGMA data_version").ToString(CultureInfo.InvariantCulture)}";
        }
    }

    public void Dispose() => connection?.Dispose();
}
