using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Support;

/// <summary>
/// Another process at the server's database that does what Litestream 0.5 does: two tables of its own, a read transaction that it holds at
/// nearly all times so that nobody else restarts the write-ahead log, and checkpoints of its own between two of them.
/// </summary>
public sealed class SecondProcess : IAsyncDisposable
{
    private readonly SqliteConnection connection;
    private SqliteTransaction? reading;

    private SecondProcess(SqliteConnection connection) => this.connection = connection;

    /// <summary>Opens the database with Litestream's settings, and holds a read transaction until it is disposed of.</summary>
    public static async Task<SecondProcess> ReadAsync(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync();
        var process = new SecondProcess(connection);
        process.Execute(
            """
            PRAGMA busy_timeout = 1000;
            PRAGMA wal_autocheckpoint = 0;
            CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
            CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER);
            """);
        process.Read();
        return process;
    }

    /// <summary>Lets go of its read transaction, empties the log as far as this kind of checkpoint does, writes its row, and reads again.</summary>
    public void Checkpoint(string mode)
    {
        reading!.Dispose();
        Execute($"PRAGMA wal_checkpoint({mode}); INSERT INTO _litestream_seq (id, seq) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET seq = seq + 1");
        Read();
    }

    /// <summary>Holds the write lock for so long, as while it copies the last frames before a checkpoint.</summary>
    public async Task LockAsync(TimeSpan time)
    {
        reading!.Dispose();
        await using (connection.BeginTransaction(deferred: false))
        {
            Execute("INSERT INTO _litestream_lock (id) VALUES (1)");
            await Task.Delay(time);
        }

        Read();
    }

    /// <summary>The two numbers that change with each restart of the log: frames that were not copied before are then written over.</summary>
    public static async Task<string> SaltAsync(string path)
    {
        await using var log = new FileStream(path + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var header = new byte[32];
        await log.ReadExactlyAsync(header);
        return Convert.ToHexString(header.AsSpan(16, 8));
    }

    public async ValueTask DisposeAsync()
    {
        reading?.Dispose();
        await connection.DisposeAsync();
    }

    private void Read()
    {
        reading = connection.BeginTransaction(deferred: true);
        Execute("SELECT count(1) FROM _litestream_seq");
    }

    private void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
