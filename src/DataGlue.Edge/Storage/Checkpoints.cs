using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// Moves the write-ahead log into the database file between two groups, once it has grown. A checkpoint that fails, or is held up by a reader, costs nobody
/// an answer, but the log grows: the operator's log tells when that begins and when it ends. Used by the writer's thread alone.
/// </summary>
internal sealed partial class Checkpoints(StorageMetrics metrics, TimeProvider clock, ILogger logger)
{
    // 62 MB, a little less than the log's size limit: visitors who return at random change the same pages again and again, and each is copied once.
    private const int Due = 15_000;

    // Readers that come and go keep a log from being emptied for a moment; at twice its size, one stays.
    private const int HeldUp = 2 * Due;

    // From here on a platform should know: the log fills the disk, and the next start reads all of it.
    private const long TooLarge = 1024 * 1024 * 1024;
    private const int MiB = 1024 * 1024;

    // Stands beside the error codes of SQLite.
    private const int ByReader = 0;

    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(1);

    private readonly LogThrottle throttle = new(clock);

    private volatile string? excess;
    private long tries; // since the log was begun anew
    private long tried;
    private TimeSpan pause;
    private long began;
    private bool told;

    /// <summary>That the log is far too large, and why, in words for the operator; null where it is not.</summary>
    public string? Excess => excess;

    /// <summary>Moves the log into the file, where it has grown and is not waiting for another try.</summary>
    /// <exception cref="SqliteException">The file could not be synced.</exception>
    public void RunIfDue(WriterConnection connection)
    {
        var use = connection.Checkpoint(SqliteNative.CheckpointNothing);
        if (use.Pages < Due)
        {
            End();
            return;
        }

        if (tries > 0 && clock.GetElapsedTime(tried) < pause)
        {
            return;
        }

        var fault = use.Copied < use.Pages ? Run(connection) : null;

        // All of it may be in the file, and a reader still keep the next commit from beginning the log anew.
        fault ??= tries > 0 && use.Pages >= HeldUp ? ByReader : null;
        tries++;
        tried = clock.GetTimestamp();
        pause = fault is null ? ShortPause : LongPause;
        if (fault is { } code)
        {
            Tell(code, use.Pages * connection.PageSize);
        }
    }

    // Returns the error, if there is one. A reader, or another process that does the same just now, is none.
    private int? Run(WriterConnection connection)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            connection.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
            return null;
        }
        catch (SqliteException exception) when (exception.SqliteExtendedErrorCode != raw.SQLITE_IOERR_FSYNC)
        {
            return exception.SqliteErrorCode == raw.SQLITE_BUSY ? null : Outage.CodeOf(exception);
        }
        finally
        {
            metrics.CheckpointEnded(Stopwatch.GetElapsedTime(started));
        }
    }

    private void Tell(int code, long bytes)
    {
        metrics.CheckpointFailed();
        var why = code == ByReader ? "another process, or a long read, needs an old state of it" : Outage.Explain(code);
        excess = bytes >= TooLarge ? $"it holds {bytes / MiB} MB that cannot be moved into the database: {why}" : null;
        began = told ? began : clock.GetTimestamp();
        if (!told && throttle.Allows(code))
        {
            told = true;
            LogFails(bytes / MiB, code, why);
        }
    }

    private void End()
    {
        tries = 0;
        excess = null;
        if (told)
        {
            told = false;
            LogEnds((long)clock.GetElapsedTime(began).TotalSeconds);
        }
    }

    [LoggerMessage(EventId = 21, Level = LogLevel.Error, Message = "The write-ahead log has {Megabytes} MB and cannot be moved into the database: SQLite error {Code}, {Reason}")]
    private partial void LogFails(long megabytes, int code, string reason);
    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "The write-ahead log is moved into the database again, after {Seconds} s")]
    private partial void LogEnds(long seconds);
}

/// <summary>How many pages the write-ahead log holds, and how many of them, from the first on, are in the database file as well.</summary>
internal readonly record struct LogUse(long Pages, long Copied);
