using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>The writer's connection with its prepared statements, used by its thread alone.</summary>
internal sealed class WriterConnection(Database database) : IDisposable
{
    private const int HasMovedControl = 20;

    private readonly Dictionary<(string, bool), PreparedScript> scripts = [];
    private readonly Dictionary<string, SqliteCommand> controls = [];
    private readonly StatementValues values = new();
    private SqliteConnection? connection;
    private WriteAheadLog? log;

    public long PageSize { get; private set; }

    /// <summary>Whether it has been opened.</summary>
    public bool IsOpen => connection is not null;

    public bool InTransaction => raw.sqlite3_get_autocommit(connection!.Handle) == 0;

    /// <summary>What does not stand at the path any more, in words: what is written would be lost with the connection. Null where all does.</summary>
    public string? Moved =>
        SqliteNative.FileControl(connection!.Handle!.DangerousGetHandle(), 0, HasMovedControl, out var moved) == raw.SQLITE_OK && moved != 0 ? "database file"
        : log!.HasMoved ? "write-ahead log"
        : null;

    /// <summary>Opens the connection, where it is not open. It stays open: the log of another file at the path must not be taken for that of this one.</summary>
    public void Open()
    {
        if (connection is not null)
        {
            return;
        }

        var opened = database.OpenWriter();
        try
        {
            opened.Execute("BEGIN IMMEDIATE");
            log = WriteAheadLog.OpenSynced(opened);
            opened.Execute("ROLLBACK");
            connection = opened;
        }
        catch
        {
            // Closed last, it would move a log into the file that is not synced.
            _ = raw.sqlite3_db_config(opened.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            opened.Dispose();
            throw;
        }

        PageSize = Number("PRAGMA page_size");
        MeasureUse();
    }

    /// <summary>Runs the script of a write, which then reads the answer. Returns how many steps of SQLite's virtual machine that took.</summary>
    public long Run(Write write)
    {
        if (!write.Applies)
        {
            return 0;
        }

        if (!scripts.TryGetValue((write.Script, write.HasShortcuts), out var script))
        {
            script = new PreparedScript(connection!, write);
            scripts.Add((write.Script, write.HasShortcuts), script);
        }

        script.Run(write, values);
        return script.TakeSteps();
    }

    public void Control(string sql) => Command(sql).ExecuteNonQuery();

    /// <summary>Makes SQLite notice what others have done to the schema: it looks before it runs a statement, but not before it prepares one.</summary>
    public void ReloadSchema() => Control("SELECT count(*) FROM sqlite_schema");

    /// <summary>Ends the open transaction, and lets everybody know how much the file then holds.</summary>
    /// <exception cref="SqliteException">It is not committed.</exception>
    public void Commit()
    {
        MeasureUse();
        Control("COMMIT");
    }

    /// <summary>Undoes the open transaction, where there is one.</summary>
    public void Rollback()
    {
        if (connection is not null && InTransaction)
        {
            Control("ROLLBACK");
        }
    }

    /// <summary>Moves the log into the file. Returns whether it is empty now.</summary>
    public bool Checkpoint() => Database.Checkpoint(connection!);

    /// <summary>The same where others wait: for readers it waits hardly at all.</summary>
    public bool TryEmptyLog() => Database.Checkpoint(connection!, timeout: 10);

    /// <summary>Moves the log into the file, as far as this kind of checkpoint does, and counts what is in it then.</summary>
    /// <exception cref="SqliteException">It is not moved; what is in the log stays there.</exception>
    public LogUse Checkpoint(int mode)
    {
        SqliteException.ThrowExceptionForRC(SqliteNative.Checkpoint(connection!.Handle!.DangerousGetHandle(), 0, mode, out var pages, out var copied), connection.Handle);
        return new LogUse(pages, copied);
    }

    /// <summary>Moves the log into the file that it belongs to, and takes what is left of it from the path. Returns where that stands now.</summary>
    public string? RemoveLog()
    {
        var isEmpty = false;
        try
        {
            isEmpty = Checkpoint();
        }
        catch (SqliteException)
        {
            // All of it is left.
        }

        return log!.Remove(isEmpty);
    }

    /// <exception cref="SqliteException">The statements of this write do not compile.</exception>
    public void RequireCompiled(Write write) => new PreparedScript(connection!, write).Dispose();

    public void Dispose()
    {
        foreach (var prepared in controls.Values.Concat<IDisposable>(scripts.Values))
        {
            prepared.Dispose();
        }

        values.Dispose();
        connection?.Dispose();
        log?.Dispose();
    }

    private void MeasureUse() =>
        database.UsedBytes = (Number("PRAGMA page_count") - Number("PRAGMA freelist_count")) * PageSize;

    private long Number(string sql) => (long)Command(sql).ExecuteScalar()!;

    private SqliteCommand Command(string sql)
    {
        if (!controls.TryGetValue(sql, out var command))
        {
            command = connection!.CreateCommand();
            command.CommandText = sql;
            controls.Add(sql, command);
        }

        return command;
    }
}
