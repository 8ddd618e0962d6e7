using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Support;

/// <summary>A database file, asked directly, whether its server runs or not.</summary>
public sealed class DatabaseFile(string path)
{
    public string ConnectionString => $"Data Source={path};Pooling=False";

    /// <summary>Holds the write lock, as another process would, until it is disposed.</summary>
    public async Task<SqliteTransaction> LockAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        return connection.BeginTransaction(deferred: false);
    }

    /// <summary>Reads the database as it is now, as another process would, until it is disposed.</summary>
    public async Task<SqliteTransaction> ReadAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        var transaction = connection.BeginTransaction(deferred: true);
        await using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = ("SELECT count(*) FROM sqlite_schema", transaction);
        await command.ExecuteScalarAsync();
        return transaction;
    }

    /// <summary>The first column of each row.</summary>
    public List<string> Query(string sql)
    {
        using var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetValue(0).ToString()!);
        }

        return rows;
    }
}
