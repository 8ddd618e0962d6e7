using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// The writer's connection, used by its thread alone: many writes, one transaction, one fsync. A constraint that a write
/// breaks is that write's fault; the group is then run again with a savepoint around each write. Everything else that the
/// database raises (disk full, I/O, a lock, corruption) is nobody's fault and fails the group, and so does an error of the SQL
/// itself that lets no write of the group through: a table or a trigger is broken then, not a write.
/// </summary>
internal sealed partial class GroupCommit(EdgeDatabase database, TimeProvider clock, ILogger logger) : IDisposable
{
    private const string Unavailable = "The database takes no writes at present; send it again a little later";

    private const string Refused = "The database refused this write; a rule of its owner does not allow it";

    private readonly Dictionary<WritePlan, PreparedPlan> prepared = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, SqliteCommand> controls = [];
    private readonly BoundValues bound = new();
    private readonly Outage outage = new(clock, logger);
    private readonly Pace refusals = new(clock);
    private SqliteConnection? connection;
    private SqliteException? lastError;

    private enum Isolation
    {
        None,
        Write,
        WriteAndRebuild,
    }

    /// <summary>Opens the connection and prepares every statement.</summary>
    /// <exception cref="SchemaException">The database cannot be written.</exception>
    public void Start()
    {
        try
        {
            Open();
            foreach (var plan in WriteSql.Plans)
            {
                Prepare(plan);
            }

            Control("BEGIN IMMEDIATE");
            Control("ROLLBACK");
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_BUSY)
        {
            // Another process writes just now; that ends.
        }
        catch (SqliteException exception)
        {
            throw new SchemaException($"DATABASE_PATH must be a database that can be written: {exception.Message}", exception);
        }
    }

    /// <summary>Commits the group, and decides each submission of it, one way or the other.</summary>
    /// <returns>Whether the database took it.</returns>
    public bool Commit(IReadOnlyList<Submission> group)
    {
        try
        {
            Open();
            FollowFile();
            if (!TryRun(group, Isolation.None) && !TryRunIsolated(group, Isolation.Write))
            {
                Require(TryRunIsolated(group, Isolation.WriteAndRebuild));
            }

            Control("COMMIT");
            lastError = null;
            Settle(group);
            return true;
        }
        catch (Exception exception)
        {
            Abandon(group, exception);
            return false;
        }
    }

    /// <summary>Empties the write-ahead log, if the database lets it.</summary>
    public void Checkpoint()
    {
        try
        {
            Open();
            EdgeDatabase.Checkpoint(connection!);
        }
        catch (SqliteException exception)
        {
            // Nothing is lost: the log stays beside the file, and the next start reads it.
            outage.Continue(Outage.CodeOf(exception), exception.Message, probing: true);
        }
    }

    public void Dispose()
    {
        Close();
        bound.Dispose();
    }

    // A trigger may end the whole transaction. The write that did so is known by then, is left out, and the rest begins anew.
    private bool TryRunIsolated(IReadOnlyList<Submission> group, Isolation isolation)
    {
        var known = -1;
        while (Refusals(group) > known)
        {
            known = Refusals(group);
            if (TryRun(group, isolation))
            {
                // When not even one write goes through, the fault is not in the writes.
                Require(lastError is null || Refusals(group) < group.Sum(submission => submission.Count));
                return true;
            }
        }

        return false;
    }

    // Leaves an open transaction behind when it succeeds, and none when it does not.
    private bool TryRun(IReadOnlyList<Submission> group, Isolation isolation)
    {
        Control("BEGIN IMMEDIATE");
        try
        {
            foreach (var submission in group)
            {
                for (var i = 0; i < submission.Count; i++)
                {
                    submission.Results[i] = isolation == Isolation.None ? Run(submission, i) : RunAlone(submission, i, isolation);
                }
            }

            Rebuild();
            return true;
        }
        catch (SqliteException exception) when (BlamesWrite(exception))
        {
            Rollback();
            return false;
        }
    }

    private WriteResult RunAlone(Submission submission, int index, Isolation isolation)
    {
        if (submission.Results[index] is { Refusal: not null } refused)
        {
            return refused;
        }

        Control("SAVEPOINT one");
        try
        {
            var result = Run(submission, index);
            if (isolation == Isolation.WriteAndRebuild)
            {
                Rebuild();
            }

            Control("RELEASE one");
            return result;
        }
        catch (SqliteException exception) when (BlamesWrite(exception))
        {
            if (refusals.Allows(exception.SqliteExtendedErrorCode))
            {
                LogRefused(submission.Plan(index).Name, exception.SqliteExtendedErrorCode);
            }

            lastError = exception.SqliteErrorCode == raw.SQLITE_ERROR ? exception : lastError;
            var refusal = new WriteResult([], Refused);
            submission.Results[index] = refusal;
            if (!InTransaction)
            {
                throw;
            }

            Control("ROLLBACK TO one");
            Control("RELEASE one");
            return refusal;
        }
    }

    // What is written into a file that was deleted or replaced would be lost with the connection. While there is none, it may
    // come back, and the log is its: the connection stays open. Another file in its place is opened, without that log.
    private void FollowFile()
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
        Close();
        database.CloseReaders();
        Open();
    }

    private void SetLogAside()
    {
        var isSetAside = database.SetLogAside(clock.GetUtcNow());
        LogReplaced(isSetAside ? "the log of the former file is set aside beside it" : "no log of the former file is beside it");
    }

    private void Require(bool condition)
    {
        if (!condition)
        {
            throw lastError ?? new SqliteException("The group failed although each write that failed was left out", raw.SQLITE_INTERNAL);
        }
    }

    private static int Refusals(IReadOnlyList<Submission> group) =>
        group.Sum(submission => submission.Results.Count(result => result is { Refusal: not null }));

    private WriteResult Run(Submission submission, int index) => Run(submission.Plan(index), submission.Values(index));

    private void Rebuild() => Run(WriteSql.Rebuild, [Instants.Utf8(Instants.Now(clock))]);

    private WriteResult Run(WritePlan plan, ReadOnlySpan<WriteValue> values)
    {
        bound.Set(values);
        return Prepare(plan).Run(bound);
    }

    private PreparedPlan Prepare(WritePlan plan)
    {
        if (!prepared.TryGetValue(plan, out var statements))
        {
            statements = new PreparedPlan(connection!, plan);
            prepared.Add(plan, statements);
        }

        return statements;
    }

    private void Control(string sql)
    {
        if (!controls.TryGetValue(sql, out var command))
        {
            command = connection!.CreateCommand();
            command.CommandText = sql;
            controls.Add(sql, command);
        }

        command.ExecuteNonQuery();
    }

    private bool InTransaction => raw.sqlite3_get_autocommit(connection!.Handle) == 0;

    private void Rollback()
    {
        if (InTransaction)
        {
            Control("ROLLBACK");
        }
    }

    private void Abandon(IReadOnlyList<Submission> group, Exception exception)
    {
        lastError = null;
        var code = exception is SqliteException sqlite ? Outage.CodeOf(sqlite)
            : exception is FileNotFoundException ? raw.SQLITE_READONLY_DBMOVED
            : raw.SQLITE_INTERNAL;
        var reason = exception is SqliteException or FileNotFoundException ? exception.Message : exception.GetType().Name;
        Fail(group, Outage.Explain(code));
        var told = outage.Continue(code, reason, IsProbe(group));
        if (told && code == raw.SQLITE_INTERNAL)
        {
            var (type, trace) = (exception.GetType().Name, exception.StackTrace);
            LogCrash(type, trace);
        }

        if (exception is SqliteException { SqliteErrorCode: raw.SQLITE_IOERR })
        {
            Overwrite();
        }

        if (exception is not FileNotFoundException)
        {
            // A connection that has failed once may hold a lost lock or a broken cache: the next group opens a new one.
            Close();
            database.CloseReaders();
        }
    }

    // While what callers send is refused, a probe that went through is told so too.
    private void Settle(IReadOnlyList<Submission> group)
    {
        if (!outage.TryEnd(IsProbe(group)))
        {
            Fail(group, outage.Reason!);
        }
    }

    private static void Fail(IReadOnlyList<Submission> group, string cause)
    {
        foreach (var submission in group)
        {
            submission.Fail(Unavailable, cause);
        }
    }

    private static bool IsProbe(IReadOnlyList<Submission> group) => group.All(submission => submission.IsProbe);

    // A commit whose fsync alone has failed lies whole in the log: whoever reads the log next, after a kill or when the connection is
    // closed, would take it for committed, though it was refused. Only this connection knows better, and writes a probe over its beginning.
    private void Overwrite()
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

    private void Open()
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

    private static bool BlamesWrite(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE or raw.SQLITE_ERROR;
}
