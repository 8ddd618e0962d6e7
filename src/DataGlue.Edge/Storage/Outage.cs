using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// A time in which the database takes no writes: the log tells when it begins, why, that it goes on, and when it ends, and is not
/// filled by the requests that come meanwhile. Used by the writer's thread alone.
/// </summary>
internal sealed partial class Outage(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private int? cause;
    private long began;
    private long told;
    private int groups;

    /// <summary>A group was not taken.</summary>
    /// <param name="code">SQLite's error code.</param>
    /// <param name="reason">SQLite's words.</param>
    public void Continue(int code, string reason)
    {
        groups++;
        if (cause == code && clock.GetElapsedTime(told) < Silence)
        {
            return;
        }

        if (cause is null)
        {
            began = clock.GetTimestamp();
        }

        cause = code;
        told = clock.GetTimestamp();
        LogUnavailable(code, reason);
    }

    /// <summary>A group was taken.</summary>
    public void End()
    {
        if (cause is null)
        {
            return;
        }

        LogAvailable((long)clock.GetElapsedTime(began).TotalSeconds, groups);
        cause = null;
        groups = 0;
    }

    /// <summary>What an error of SQLite means, for an operator who asks from afar: no path, no SQL.</summary>
    public static string Explain(int code) => code switch
    {
        raw.SQLITE_FULL => "the disk is full",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "another process holds the lock of the database",
        raw.SQLITE_READONLY => "the database file is read-only",
        raw.SQLITE_READONLY_DBMOVED => "the database file was deleted or moved away",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => "the database file is corrupt",
        raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH => "the database file cannot be opened",
        raw.SQLITE_IOERR => "the disk fails",
        raw.SQLITE_NOMEM => "memory is exhausted",
        _ => "the database fails; the log says why",
    };

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "The database takes no writes: SQLite error {Code}, {Reason}")]
    private partial void LogUnavailable(int code, string reason);

    [LoggerMessage(EventId = 9, Level = LogLevel.Warning, Message = "The database takes writes again, after {Seconds} s in which {Groups} commits failed")]
    private partial void LogAvailable(long seconds, int groups);
}
