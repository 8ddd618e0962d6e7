using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>The SQLite file and how it is opened: one connection that writes, pooled ones that can only read.</summary>
internal sealed class Database
{
    // How long a statement waits for a lock that another process holds, in milliseconds.
    private const int BusyTimeout = 5_000;
    private const int CheckpointTimeout = 200;

    // The read at the end makes SQLite open the log now and hold it, not at the first write. Checkpoints are the writer's own: SQLite's are silent.
    private const string WriterPragmas = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA cache_size = -12288;
        PRAGMA secure_delete = ON;
        SELECT count(*) FROM sqlite_schema;
        """;

    private const int PageCacheOption = 7;
    private const int MemoryStatisticsOption = 9;
    private const int StatementJournalOption = 26;
    private const int MaxStatementJournal = (128 * 1024) - 1;

    private const UnixFileMode OthersRights = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly SqliteConnectionStringBuilder upgrade;
    private readonly SqliteConnectionStringBuilder writer;
    private readonly SqliteConnectionStringBuilder reader;

    private long usedBytes;

    // A connection is used by one thread at a time, so it needs no lock of its own, and nobody asks how much memory SQLite has taken.
    // Once a connection is open in the process, SQLite keeps to what it has, and says so: then it only stays a little slower.
    static Database()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(MemoryStatisticsOption, 0);

        // Else each table that a statement makes for itself takes 20 pages at once and gives them back to the system: ten times its price.
        _ = SqliteNative.Configure(PageCacheOption, 0, 0, 0);

        // Once what one statement has changed exceeds this, SQLite keeps it in a temporary file, and does so until the commit: most of what an
        // identification wrote went there. It moves all of it there in one write, of which it writes the length modulo 128 KiB: more would be a full disk.
        _ = raw.sqlite3_config(StatementJournalOption, MaxStatementJournal);
    }

    /// <summary>Names the file and makes its folder; opens nothing yet.</summary>
    /// <exception cref="SettingException">The folder cannot be made.</exception>
    public Database(Settings settings)
    {
        MakeFolder(settings.DatabasePath);
        upgrade = new SqliteConnectionStringBuilder
        {
            DataSource = settings.DatabasePath,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 1,
        };
        writer = new SqliteConnectionStringBuilder(upgrade.ConnectionString) { Mode = SqliteOpenMode.ReadWrite };
        reader = new SqliteConnectionStringBuilder(upgrade.ConnectionString) { Mode = SqliteOpenMode.ReadOnly, Pooling = true };
    }

    /// <summary>What stands behind the path of a database in the names of its files: the database, its write-ahead log, the index of that.</summary>
    internal static IReadOnlyList<string> Suffixes { get; } = ["", "-wal", "-shm"];

    /// <summary>The connection string for the upgrade of the schema, which alone may make the file.</summary>
    public string UpgradeConnectionString => upgrade.ConnectionString;

    /// <summary>How much of the file is used, in bytes, as the writer has found it last: the pages that are not free.</summary>
    public long UsedBytes
    {
        get => Interlocked.Read(ref usedBytes);
        internal set => Interlocked.Exchange(ref usedBytes, value);
    }

    /// <summary>Opens the connection of the one writer: a write-ahead log, and an fsync at each commit.</summary>
    public SqliteConnection OpenWriter()
    {
        MatchRights();
        return Open(writer.ConnectionString, WriterPragmas);
    }

    /// <summary>Opens the file so that nobody else closes it last, which would move the log into it before the log was synced anew. Null where there is no
    /// database; what is wrong with one is told by who opens it next.</summary>
    public SqliteConnection? OpenGuard()
    {
        try
        {
            return File.Exists(upgrade.DataSource) ? OpenUnchanged(upgrade.DataSource) : null;
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    /// <summary>Opens a pooled connection that cannot write; it reads beside the writer.</summary>
    public SqliteConnection OpenReader() => Open(reader.ConnectionString, "PRAGMA query_only = 1");

    public T Read<T>(Func<SqliteConnection, T> query)
    {
        using var connection = OpenReader();
        return query(connection);
    }

    /// <summary>Reads, and stops in the middle of a statement when nobody wants the answer any more.</summary>
    /// <exception cref="OperationCanceledException">Nobody does.</exception>
    public T Read<T>(Func<SqliteConnection, T> query, CancellationToken cancelled)
    {
        using var connection = OpenReader();
        using var interruption = cancelled.Register(() => raw.sqlite3_interrupt(connection.Handle));
        try
        {
            return query(connection);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            throw new OperationCanceledException(cancelled);
        }
    }

    /// <summary>Opens a database file for a command, which works beside the server or without one.</summary>
    internal static SqliteConnection OpenFile(string path, SqliteOpenMode mode) => Open(
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 1 }.ConnectionString,
        "PRAGMA secure_delete = ON; SELECT count(*) FROM sqlite_schema");

    /// <summary>Opens a database file to read it with all rules of its schema, which SQLite passes over where it could not write; it changes nothing.</summary>
    internal static SqliteConnection OpenUnchanged(string path)
    {
        var connection = OpenFile(path, SqliteOpenMode.ReadWrite);

        // Whoever closes a database last moves the log into it, and a log that a killed server has left may be wanted as it is.
        _ = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        connection.Execute("PRAGMA query_only = 1");
        return connection;
    }

    /// <summary>Refuses a file, a log or a folder that cannot be written, by its name. To be asked before SQLite has anything open: it would lose its locks.</summary>
    /// <exception cref="SettingException">It cannot be written.</exception>
    public void RequireWritable()
    {
        MatchRights();
        if (new FileInfo(upgrade.DataSource) is { Exists: false } or { Length: 0 } && new FileInfo(Logs[0]) is { Exists: true, Length: > 0 })
        {
            throw new SettingException(
                $"DATABASE_PATH must be the database to which '{Logs[0]}' belongs, and there is none; put it there, or move the log away: SQLite would empty it");
        }

        try
        {
            foreach (var path in Logs.Prepend(upgrade.DataSource).Where(File.Exists))
            {
                File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
            }

            // The log has to be made, and whoever may make this file may make that.
            var other = upgrade.DataSource + "-try";
            if (!Logs.All(File.Exists) && !File.Exists(other))
            {
                File.OpenHandle(other, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose).Dispose();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"DATABASE_PATH must be a file that can be written, in a folder that can be written: {exception.Message}");
        }
    }

    /// <summary>Whether other users of the machine may read or write the file. The server makes it for its own user alone, and leaves what is there.</summary>
    public bool IsOpenToOthers =>
        !OperatingSystem.IsWindows() && File.Exists(upgrade.DataSource) && (File.GetUnixFileMode(upgrade.DataSource) & OthersRights) != 0;

    /// <summary>Makes the name of the file durable. SQLite syncs the folder for its log alone.</summary>
    /// <exception cref="SettingException">The disk fails.</exception>
    public void SyncFolder()
    {
        try
        {
            UnixFile.SyncFolder(Path.GetDirectoryName(upgrade.DataSource)!);
        }
        catch (IOException exception)
        {
            throw new SettingException($"DATABASE_PATH must be a file in a folder that can be written: {exception.Message}");
        }
    }

    /// <summary>Moves the write-ahead log into the database file. It waits for readers only a moment: a process that replicates the log reads it all the time.</summary>
    /// <param name="timeout">How long that moment is, in milliseconds.</param>
    /// <returns>Whether the log is empty now; it is not where somebody still reads from it.</returns>
    public static bool Checkpoint(SqliteConnection connection, int timeout = CheckpointTimeout)
    {
        connection.Execute($"PRAGMA busy_timeout = {timeout}");
        var isBusy = connection.Number("PRAGMA wal_checkpoint(TRUNCATE)") != 0;
        connection.Execute($"PRAGMA busy_timeout = {BusyTimeout}");
        return !isBusy;
    }

    /// <summary>Closes the pooled readers; the writer, closing last, then removes the write-ahead log.</summary>
    public void CloseReaders()
    {
        using var pooled = new SqliteConnection(reader.ConnectionString);
        SqliteConnection.ClearPool(pooled);
    }

    private string[] Logs => [upgrade.DataSource + "-wal", upgrade.DataSource + "-shm"];

    // SQLite makes the log with the rights that the file has then: beside a file that is writable again, it would stay read-only.
    private void MatchRights()
    {
        if (OperatingSystem.IsWindows() || !File.Exists(upgrade.DataSource))
        {
            return;
        }

        var rights = File.GetUnixFileMode(upgrade.DataSource);
        foreach (var path in Logs.Where(File.Exists))
        {
            try
            {
                File.SetUnixFileMode(path, rights);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Somebody else's: SQLite says what it cannot do with it.
            }
        }
    }

    private static SqliteConnection Open(string connectionString, string pragmas)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA busy_timeout = {BusyTimeout}");
            connection.Execute(pragmas);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void MakeFolder(string path)
    {
        try
        {
            UnixFile.MakeFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"DATABASE_PATH must be a file in a folder that can be made, not '{path}': {exception.Message}");
        }
    }
}
