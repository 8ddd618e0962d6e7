using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// Commits writes in one transaction, as many as a bounded amount of work allows. Where a write breaks a rule of the database, they run once more with a savepoint
/// around each, so that the others still share a commit. Everything else that the database raises (disk full, I/O, a lock, corruption) fails them all. After a
/// failed fsync, or when another file stands at the path, the process is to end. The log has SQLite's codes and reasons, never a value that was written.
/// </summary>
internal sealed partial class GroupCommit(Database database, StorageMetrics metrics, TimeProvider clock, ILogger logger) : IDisposable
{
    // A transaction ends once its writes have taken so many steps of SQLite's virtual machine: 3,000 common ones fit, and of those that are dear
    // as many as take some tens of milliseconds. What else waits is not to wait for them.
    private const long Turn = 1_000_000;

    private const string Unavailable = "The database takes no writes at present; send it again a little later";
    private const string Unsynced = "the disk has failed to sync the database file when the log was moved into it, so that nobody knows what of it is on the disk";

    private readonly WriterConnection connection = new(database);
    private readonly Outage outage = new(clock, logger);
    private readonly LogThrottle refusals = new(clock);
    private readonly Checkpoints checkpoints = new(metrics, clock, logger);

    /// <summary>Why the database takes no writes, in words for the operator; null when it does.</summary>
    public string? OutageReason => outage.Reason;

    /// <summary>That the write-ahead log is far too large, and why, in words for the operator; null where it is not.</summary>
    public string? LogExcess => checkpoints.Excess;

    /// <summary>Why the process must end; null as long as it need not.</summary>
    public string? FatalReason { get; private set; }

    /// <exception cref="SchemaException">The database cannot be written.</exception>
    public void Start()
    {
        try
        {
            connection.Open();
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_BUSY || Outage.IsDiskFull(Outage.CodeOf(exception)))
        {
            // Another process writes just now, or the disk is full: that ends, and reads need neither.
        }
        catch (SqliteException exception)
        {
            throw new SchemaException($"DATABASE_PATH must be a database that can be written: {exception.Message}", exception);
        }
    }

    /// <summary>How many steps of SQLite's virtual machine the last commit took.</summary>
    public long Steps { get; private set; }

    /// <summary>Commits the writes, from the first on, until its turn is over. Returns how many.</summary>
    /// <exception cref="StorageUnavailableException">The database takes none of them.</exception>
    public int Commit(List<Write> writes)
    {
        Steps = 0;
        try
        {
            connection.Open();
            RequireFile();
            if (!TryRun(writes, out var count))
            {
                RunIsolated([.. writes.Take(count)]);
            }

            connection.Commit();
            outage.End(writes.All(write => write.IsProbe));
            return count;
        }
        catch (Exception exception)
        {
            throw Abandon(exception, writes.All(write => write.IsProbe));
        }
    }

    /// <summary>Moves the log into the file where it has grown: between two groups, once the first is answered, so that few wait for it.</summary>
    public void Checkpoint()
    {
        if (!connection.IsOpen || FatalReason is not null)
        {
            return;
        }

        try
        {
            checkpoints.RunIfDue(connection);
        }
        catch (SqliteException exception) when (IsUnsynced(exception))
        {
            FatalReason = Unsynced;
        }
        catch (SqliteException)
        {
            // The log could not even be looked at: the next commit meets the same, and says so.
        }
    }

    /// <summary>Moves all of the log into the file and empties it. Returns whether it is empty now.</summary>
    public bool TryEmptyLog()
    {
        try
        {
            connection.Open();
            return connection.Moved is null && connection.TryEmptyLog();
        }
        catch (SqliteException exception) when (IsUnsynced(exception))
        {
            FatalReason = Unsynced;
            return false;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    public void Dispose() => connection.Dispose();

    /// <summary>Moves the log into the file, before the connection is closed; where another file stands at the path, the log goes away from there.</summary>
    public void End()
    {
        try
        {
            connection.Open();
            RequireFile();
            connection.Checkpoint();
        }
        catch (DatabaseMovedException exception)
        {
            FatalReason = exception.Message;
        }
        catch (SqliteException exception) when (IsUnsynced(exception))
        {
            FatalReason = Unsynced;
        }
        catch (SqliteException exception)
        {
            // Nothing is lost: the log stays beside the file, and the next start reads it.
            outage.Continue(Outage.CodeOf(exception), exception.Message, probing: true);
        }
    }

    // The log goes into the file that it belongs to, or at least away from that which stands at the path now.
    private void RequireFile()
    {
        if (connection.Moved is not { } what)
        {
            return;
        }

        if (connection.RemoveLog() is { } kept)
        {
            LogKept(kept);
        }

        throw new DatabaseMovedException(what);
    }

    // Leaves an open transaction behind when it succeeds, and none when it does not; the last write that it counts has then broken a rule.
    private bool TryRun(List<Write> writes, out int count)
    {
        connection.Control("BEGIN IMMEDIATE");
        count = 0;
        try
        {
            do
            {
                Steps += connection.Run(writes[count++]);
            }
            while (count < writes.Count && Steps < Turn);
            return true;
        }
        catch (SqliteException exception) when (IsFaultOfWrite(exception))
        {
            connection.Rollback();
            return false;
        }
    }

    private void RunIsolated(IReadOnlyList<Write> writes)
    {
        var compiled = new HashSet<string>();
        do
        {
            // A trigger may have ended the whole transaction; without that write, the others begin anew.
            connection.Control("BEGIN IMMEDIATE");
            connection.ReloadSchema();
            foreach (var write in writes.Where(write => !write.IsRefused))
            {
                if (Refusal(write) is not { } refusal)
                {
                    continue;
                }

                // When its statements do not even compile, a table or a trigger is broken, and no write is at fault.
                if (refusal.SqliteErrorCode == raw.SQLITE_ERROR && compiled.Add(write.Script))
                {
                    connection.RequireCompiled(write);
                }

                write.IsRefused = true;
                if (refusals.Allows(refusal.SqliteExtendedErrorCode))
                {
                    LogRefused(write.Script, refusal.SqliteExtendedErrorCode);
                }

                if (!connection.InTransaction)
                {
                    break;
                }
            }
        }
        while (!connection.InTransaction);
    }

    // Runs in a savepoint, and returns why the database refused it; null where it did not.
    private SqliteException? Refusal(Write write)
    {
        connection.Control("SAVEPOINT one");
        try
        {
            Steps += connection.Run(write);
            connection.Control("RELEASE one");
            return null;
        }
        catch (SqliteException exception) when (IsFaultOfWrite(exception))
        {
            if (connection.InTransaction)
            {
                connection.Control("ROLLBACK TO one");
                connection.Control("RELEASE one");
            }

            return exception;
        }
    }

    private StorageUnavailableException Abandon(Exception exception, bool probing)
    {
        FatalReason = exception switch
        {
            DatabaseMovedException => exception.Message,
            SqliteException sync when IsUnsynced(sync) => "the disk has failed to sync a commit, so that nobody knows what of it is on the disk",
            _ => null,
        };
        var code = exception is SqliteException sqlite ? Outage.CodeOf(sqlite) : raw.SQLITE_INTERNAL;
        var unavailable = new StorageUnavailableException(Unavailable, FatalReason ?? Outage.Explain(code)) { IsDiskFull = Outage.IsDiskFull(code) };
        if (FatalReason is not null)
        {
            return unavailable;
        }

        var told = outage.Continue(code, exception is SqliteException ? exception.Message : exception.GetType().Name, probing);
        if (told && exception is not SqliteException)
        {
            var (type, trace) = (exception.GetType().Name, exception.StackTrace);
            LogCrash(type, trace);
        }

        try
        {
            connection.Rollback();
        }
        catch (SqliteException)
        {
            // It is tried again after the next group.
        }

        return unavailable;
    }

    private static bool IsUnsynced(SqliteException exception) => exception.SqliteExtendedErrorCode is raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC;

    private static bool IsFaultOfWrite(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE or raw.SQLITE_ERROR;

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "The database refused one {Write}: SQLite error {Code}")]
    private partial void LogRefused(string write, int code);
    [LoggerMessage(EventId = 5, Level = LogLevel.Critical, Message = "The writer failed: {Exception} {StackTrace}")]
    private partial void LogCrash(string exception, string? stackTrace);
    [LoggerMessage(EventId = 13, Level = LogLevel.Warning, Message = "The file that was moved lacks what stands in its log, which is {Path} now")]
    private partial void LogKept(string path);

    private sealed class DatabaseMovedException(string what) : Exception($"the {what} was deleted, moved or replaced");
}
