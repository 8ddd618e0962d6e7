using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// What the writer does with a group: many writes, one transaction, one fsync. A constraint that a write
/// breaks is that write's fault; the group is then run again with a savepoint around each write. Everything else that the
/// database raises (disk full, I/O, a lock, corruption) is nobody's fault and fails the group, and so does an error of the SQL
/// itself that lets no write of the group through: a table or a trigger is broken then, not a write.
/// </summary>
internal sealed partial class GroupCommit(EdgeDatabase database, TimeProvider clock, ILogger logger) : IDisposable
{
    private const string Unavailable = "The database takes no writes at present; send it again a little later";

    private const string Refused = "The database refused this write; a rule of its owner does not allow it";

    private readonly WriterConnection connection = new(database, clock, logger);
    private readonly Outage outage = new(clock, logger);
    private readonly Pace refusals = new(clock);
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
            connection.Open();
            foreach (var plan in WriteSql.Plans)
            {
                connection.Prepare(plan);
            }

            connection.Control("BEGIN IMMEDIATE");
            connection.Control("ROLLBACK");
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
            connection.Open();
            connection.FollowFile();
            if (!TryRun(group, Isolation.None) && !TryRunIsolated(group, Isolation.Write))
            {
                Require(TryRunIsolated(group, Isolation.WriteAndRebuild));
            }

            connection.Commit();
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
            connection.Checkpoint();
        }
        catch (SqliteException exception)
        {
            // Nothing is lost: the log stays beside the file, and the next start reads it.
            outage.Continue(Outage.CodeOf(exception), exception.Message, probing: true);
        }
    }

    public void Dispose() => connection.Dispose();

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
        connection.Control("BEGIN IMMEDIATE");
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
            connection.Rollback();
            return false;
        }
    }

    private WriteResult RunAlone(Submission submission, int index, Isolation isolation)
    {
        if (submission.Results[index] is { Refusal: not null } refused)
        {
            return refused;
        }

        connection.Control("SAVEPOINT one");
        try
        {
            var result = Run(submission, index);
            if (isolation == Isolation.WriteAndRebuild)
            {
                Rebuild();
            }

            connection.Control("RELEASE one");
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
            if (!connection.InTransaction)
            {
                throw;
            }

            connection.Control("ROLLBACK TO one");
            connection.Control("RELEASE one");
            return refusal;
        }
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

    private WriteResult Run(Submission submission, int index) => connection.Run(submission.Plan(index), submission.Values(index));

    private void Rebuild() => connection.Run(WriteSql.Rebuild, [Instants.Utf8(Instants.Now(clock))]);

    private void Abandon(IReadOnlyList<Submission> group, Exception exception)
    {
        lastError = null;
        var code = exception is SqliteException sqlite ? Outage.CodeOf(sqlite)
            : exception is FileNotFoundException ? raw.SQLITE_READONLY_DBMOVED
            : raw.SQLITE_INTERNAL;
        var reason = exception is SqliteException or FileNotFoundException ? exception.Message : exception.GetType().Name;
        Fail(group, Outage.Explain(code), Outage.IsDiskFull(code));
        var told = outage.Continue(code, reason, IsProbe(group));
        if (told && code == raw.SQLITE_INTERNAL)
        {
            var (type, trace) = (exception.GetType().Name, exception.StackTrace);
            LogCrash(type, trace);
        }

        if (exception is SqliteException { SqliteErrorCode: raw.SQLITE_IOERR })
        {
            connection.Overwrite();
        }

        if (exception is not FileNotFoundException)
        {
            connection.Reset();
        }
    }

    // While what callers send is refused, a probe that went through is told so too.
    private void Settle(IReadOnlyList<Submission> group)
    {
        if (!outage.TryEnd(IsProbe(group)))
        {
            Fail(group, outage.Reason!, diskFull: false);
        }
    }

    private static void Fail(IReadOnlyList<Submission> group, string cause, bool diskFull)
    {
        foreach (var submission in group)
        {
            submission.Fail(Unavailable, cause, diskFull);
        }
    }

    private static bool IsProbe(IReadOnlyList<Submission> group) => group.All(submission => submission.IsProbe);

    private static bool BlamesWrite(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE or raw.SQLITE_ERROR;
}
