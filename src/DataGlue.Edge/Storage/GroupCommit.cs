using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// Commits a group of writes in one transaction. Where a write breaks a rule of the database, the group runs once more with a savepoint around each, so
/// that the others still share a commit; where the end of the group is what is refused, with the end behind each too. Everything else that the database
/// raises (disk full, I/O, a lock, corruption) fails the group. After a failed fsync, or when another file stands at the path, the process is to end. The
/// log has SQLite's codes and reasons, never a value that was written.
/// </summary>
internal sealed partial class GroupCommit(Database database, Write? end, TimeProvider clock, ILogger logger) : IDisposable
{
    private const string Unavailable = "The database takes no writes at present; send it again a little later";

    private readonly WriterConnection connection = new(database);
    private readonly Outage outage = new(clock, logger);
    private readonly LogThrottle refusals = new(clock);

    /// <summary>Why the database takes no writes, in words for the operator; null when it does.</summary>
    public string? OutageReason => outage.Reason;

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

    /// <summary>Commits the group, and decides each submission of it, one way or the other.</summary>
    /// <returns>Whether the database took it.</returns>
    public bool Commit(IReadOnlyList<Submission> group)
    {
        try
        {
            connection.Open();
            RequireFile();
            if (!TryRun(group))
            {
                RunIsolated(group);
            }

            connection.Commit();
            outage.End(group.All(submission => submission.IsProbe));
            return true;
        }
        catch (Exception exception)
        {
            Abandon(group, exception);
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

    // Leaves an open transaction behind when it succeeds, and none when it does not.
    private bool TryRun(IReadOnlyList<Submission> group)
    {
        connection.Control("BEGIN IMMEDIATE");
        try
        {
            foreach (var submission in group)
            {
                foreach (var write in submission.Writes)
                {
                    connection.Run(write);
                }
            }

            if (end is not null)
            {
                connection.Run(end);
            }

            return true;
        }
        catch (SqliteException exception) when (IsFaultOfWrite(exception))
        {
            connection.Rollback();
            return false;
        }
    }

    private void RunIsolated(IReadOnlyList<Submission> group)
    {
        var writes = group.SelectMany(submission => submission.Writes).ToList();
        var compiled = new HashSet<string>();
        for (var endsEach = false; ;)
        {
            connection.Control("BEGIN IMMEDIATE");
            connection.ReloadSchema();
            foreach (var write in writes.Where(write => !write.IsRefused))
            {
                Write?[] parts = endsEach ? [write, end] : [write];
                if (Refusal(parts) is { } refusal)
                {
                    // When its statements do not even compile, a table or a trigger is broken, and no write is at fault.
                    foreach (var part in parts.OfType<Write>().Where(part => refusal.SqliteErrorCode == raw.SQLITE_ERROR && compiled.Add(part.Script)))
                    {
                        connection.RequireCompiled(part);
                    }

                    write.IsRefused = true;
                    if (refusals.Allows(refusal.SqliteExtendedErrorCode))
                    {
                        LogRefused(write.Script, refusal.SqliteExtendedErrorCode);
                    }
                }

                // A trigger may end the whole transaction; without that write, the others begin anew.
                if (!connection.InTransaction)
                {
                    break;
                }
            }

            if (connection.InTransaction)
            {
                if (endsEach || Refusal([end]) is null)
                {
                    break;
                }

                // The end costs as much as many writes, so it runs after each only to find the one that it cannot follow.
                endsEach = true;
            }

            connection.Rollback();
        }
    }

    // Runs in a savepoint, and returns why the database refused it; null where it did not.
    private SqliteException? Refusal(ReadOnlySpan<Write?> writes)
    {
        connection.Control("SAVEPOINT one");
        try
        {
            foreach (var write in writes)
            {
                if (write is not null)
                {
                    connection.Run(write);
                }
            }

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

    private void Abandon(IReadOnlyList<Submission> group, Exception exception)
    {
        FatalReason = exception switch
        {
            DatabaseMovedException => exception.Message,
            SqliteException { SqliteExtendedErrorCode: raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC } => "the disk has failed to sync a commit, so that nobody knows what of it is on the disk",
            _ => null,
        };
        var code = exception is SqliteException sqlite ? Outage.CodeOf(sqlite) : raw.SQLITE_INTERNAL;
        var unavailable = new StorageUnavailableException(Unavailable, FatalReason ?? Outage.Explain(code)) { IsDiskFull = Outage.IsDiskFull(code) };
        foreach (var submission in group)
        {
            submission.Fail(unavailable);
        }

        if (FatalReason is not null)
        {
            return;
        }

        var told = outage.Continue(code, exception is SqliteException ? exception.Message : exception.GetType().Name, group.All(submission => submission.IsProbe));
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
    }

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
