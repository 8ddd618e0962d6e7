using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// The writer's connection with its prepared statements, used by its thread alone. It follows the file: what is written into one that was
/// deleted or replaced would be lost with the connection.
/// </summary>
internal sealed partial class WriterConnection(EdgeDatabase database, TimeProvider clock, ILogger logger) : IDisposable
{
    private readonly Dictionary<WritePlan, PreparedPlan> prepared = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, SqliteCommand> controls = [];
    private readonly BoundValues bound = new();
    private SqliteConnection? connection;
    private long pageSize;

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(connection!.Handle) == 0;

    /// <summary>Opens the connection, where it is not open.</summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public void Open()
    {
        if (connection is not null)
        {
            return;
        }

        // After a failure there was no connection that could have told.
        if (database.IsReplaced)
        {
            SetLogAside();
        }

        connection = database.OpenWriter();
        pageSize = Number("PRAGMA page_size");
        MeasureUse();
    }

    /// <summary>Closes it, and the readers with it: one that has failed once may hold a lost lock or a broken cache.</summary>
    public void Reset()
    {
        Close();
        database.CloseReaders();
    }

    /// <summary>
    /// Opens another file that stands in place of the one that was open, without the log of that. While there is none it may come
    /// back, and the log is its: the connection stays open.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    public void FollowFile()
    {
        if (!EdgeDatabase.HasMoved(connection!))
        {
            return;
        }

        if (!database.Exists)
        {
            throw new FileNotFoundException("The database file was deleted or moved away");
        }

        SetLogAside();
        Reset();
        Open();
    }

    /// <summary>Prepares the statements of a plan, once.</summary>
    /// <exception cref="SqliteException">A statement does not fit the database.</exception>
    public PreparedPlan Prepare(WritePlan plan)
    {
        if (!prepared.TryGetValue(plan, out var statements))
        {
            statements = new PreparedPlan(connection!, plan);
            prepared.Add(plan, statements);
        }

        return statements;
    }

    /// <summary>Runs a plan with these values.</summary>
    /// <exception cref="SqliteException">A statement failed; those before it have run.</exception>
    public WriteResult Run(WritePlan plan, ReadOnlySpan<WriteValue> values)
    {
        bound.Set(values);
        return Prepare(plan).Run(bound);
    }

    /// <summary>Runs a statement that begins, ends or marks a transaction.</summary>
    /// <exception cref="SqliteException">It failed.</exception>
    public void Control(string sql) => Command(sql).ExecuteNonQuery();

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
        if (InTransaction)
        {
            Control("ROLLBACK");
        }
    }

    /// <summary>
    /// Writes a probe over the beginning of the log. A commit whose fsync alone has failed lies whole in there: whoever reads the log
    /// next, after a kill or when the connection is closed, would take it for committed, though it was refused. Only this connection
    /// knows better.
    /// </summary>
    public void Overwrite()
    {
        if (connection is null)
        {
            return;
        }

        try
        {
            Rollback();
            Control("BEGIN IMMEDIATE");
            Run(WriteSql.Probe, [Instants.Utf8(Instants.Now(clock))]);
            Control("COMMIT");
        }
        catch (SqliteException)
        {
            // Its fsync may fail as well: what lies in the log now is a probe.
        }
    }

    /// <summary>Empties the write-ahead log.</summary>
    /// <exception cref="SqliteException">The database does not let it.</exception>
    public void Checkpoint()
    {
        Open();
        EdgeDatabase.Checkpoint(connection!);
    }

    public void Dispose()
    {
        Close();
        bound.Dispose();
    }

    private void MeasureUse() =>
        database.UsedBytes = (Number("PRAGMA page_count") - Number("PRAGMA freelist_count")) * pageSize;

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

    private void SetLogAside()
    {
        var isSetAside = database.SetLogAside(clock.GetUtcNow());
        database.TellReplaced();
        LogReplaced(isSetAside ? "the log of the former file is set aside beside it" : "no log of the former file is beside it");
    }

    private void Close()
    {
        foreach (var command in controls.Values)
        {
            command.Dispose();
        }

        foreach (var plan in prepared.Values)
        {
            plan.Dispose();
        }

        controls.Clear();
        prepared.Clear();
        connection?.Dispose();
        connection = null;
    }

    [LoggerMessage(EventId = 8, Level = LogLevel.Error, Message = "The database file was replaced under the server; {Log}")]
    private partial void LogReplaced(string log);
}
