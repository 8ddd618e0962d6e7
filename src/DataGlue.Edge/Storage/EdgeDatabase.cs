using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>The SQLite file and how it is opened: one connection that writes, pooled ones that can only read.</summary>
public sealed class EdgeDatabase
{
    // How long a statement waits for a lock that another process holds, in milliseconds.
    private const int BusyTimeout = 5_000;

    // The read at the end makes SQLite open the log now and hold it, not at the first write.
    private const string WriterPragmas = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA wal_autocheckpoint = 4096;
        PRAGMA cache_size = -12288;
        SELECT count(*) FROM sqlite_schema;
        """;

    private const int HasMovedControl = 20;

    private const int MemoryStatisticsOption = 9;

    private readonly SqliteConnectionStringBuilder upgrade;
    private readonly SqliteConnectionStringBuilder writer;
    private readonly SqliteConnectionStringBuilder reader;

    // A connection is used by one thread at a time, so it needs no lock of its own, and nobody asks how much memory SQLite has taken.
    // Once a connection is open in the process, SQLite keeps to what it has, and says so: then it only stays a little slower.
    static EdgeDatabase()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(MemoryStatisticsOption, 0);
    }

    /// <summary>Names the file and makes its folder; opens nothing yet.</summary>
    /// <exception cref="SettingException">The folder cannot be made.</exception>
    public EdgeDatabase(EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        MakeFolder(options.DatabasePath);
        upgrade = new SqliteConnectionStringBuilder
        {
            DataSource = options.DatabasePath,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 1,
        };
        writer = new SqliteConnectionStringBuilder(upgrade.ConnectionString) { Mode = SqliteOpenMode.ReadWrite };
        reader = new SqliteConnectionStringBuilder(upgrade.ConnectionString) { Mode = SqliteOpenMode.ReadOnly, Pooling = true };
    }

    /// <summary>The connection string for the upgrade of the schema, which alone may make the file.</summary>
    public string UpgradeConnectionString => upgrade.ConnectionString;

    /// <summary>Opens the connection of the one writer: a write-ahead log, and an fsync at each commit.</summary>
    /// <exception cref="SqliteException">The file cannot be opened or is no database.</exception>
    public SqliteConnection OpenWriter()
    {
        var connection = Open(writer.ConnectionString);
        Execute(connection, WriterPragmas);
        return connection;
    }

    /// <summary>Opens a pooled connection that cannot write; it reads beside the writer.</summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection OpenReader()
    {
        var connection = Open(reader.ConnectionString);
        Execute(connection, "PRAGMA query_only = 1");
        return connection;
    }

    /// <summary>
    /// Whether the file that this connection writes is no longer the one at its path, because somebody has deleted or
    /// replaced it: what is written now would be lost with the connection.
    /// </summary>
    internal static bool HasMoved(SqliteConnection connection) =>
        SqliteNative.FileControl(connection.Handle!.DangerousGetHandle(), 0, HasMovedControl, out var moved) == raw.SQLITE_OK && moved != 0;

    /// <summary>Whether there is a file at the path of the database.</summary>
    internal bool Exists => File.Exists(upgrade.DataSource);

    /// <summary>
    /// Renames the write-ahead log that a replaced file has left behind: SQLite would take it for that of the new file and
    /// write the pages of the one into the other.
    /// </summary>
    internal void SetLogAside(DateTimeOffset now)
    {
        foreach (var log in new[] { upgrade.DataSource + "-wal", upgrade.DataSource + "-shm" }.Where(File.Exists))
        {
            File.Move(log, $"{log}.replaced-{now.ToUnixTimeMilliseconds()}", overwrite: true);
        }
    }

    /// <summary>Moves the write-ahead log into the database file, so that the file alone is the whole database.</summary>
    public static void Checkpoint(SqliteConnection connection) => Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");

    /// <summary>Closes the pooled readers; the writer, closing last, then removes the write-ahead log.</summary>
    public void CloseReaders()
    {
        using var pooled = new SqliteConnection(reader.ConnectionString);
        SqliteConnection.ClearPool(pooled);
    }

    private static SqliteConnection Open(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusyTimeout}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void MakeFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"DATABASE_PATH must be a file in a folder that can be made, not '{path}': {exception.Message}");
        }
    }
}
