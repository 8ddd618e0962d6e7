using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What stands in a database file after its server has gone.</summary>
public sealed class StoredEvents : IDisposable
{
    private readonly SqliteConnection connection;

    public StoredEvents(string path)
    {
        connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
    }

    public long Count() => (long)Scalar("SELECT count(*) FROM events");

    public string Integrity() => (string)Scalar("PRAGMA integrity_check");

    /// <summary>Each event_id, and how many rows have it.</summary>
    public HashSet<string> Ids()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT event_id FROM events";
        using var reader = command.ExecuteReader();
        var ids = new HashSet<string>();
        while (reader.Read())
        {
            Assert.True(ids.Add(reader.GetString(0)));
        }

        return ids;
    }

    public object Scalar(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!;
    }

    public void Dispose() => connection.Dispose();
}
