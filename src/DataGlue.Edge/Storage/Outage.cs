using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>A time in which the database takes no writes: the log tells when it begins, why, and when it ends. Used by the writer's thread alone.</summary>
internal sealed partial class Outage(TimeProvider clock, ILogger logger)
{
    private readonly LogThrottle throttle = new(clock);

    private volatile string? reason;
    private long began;
    private long? refused;
    private int groups;
    private bool told;

    /// <summary>Why the last group was not taken, in words; null when there is no outage.</summary>
    public string? Reason => reason;

    /// <summary>A group was not taken. Returns whether the log was told.</summary>
    public bool Continue(int code, string words, bool probing)
    {
        began = groups == 0 ? clock.GetTimestamp() : began;
        refused = probing ? refused : clock.GetTimestamp();
        groups++;
        reason = Explain(code);
        if (!throttle.Allows(code))
        {
            return false;
        }

        told = true;
        LogUnavailable(code, words);
        return true;
    }

    /// <summary>A group was taken. Where what callers send was refused just now, it proves nothing that a probe goes through.</summary>
    public void End(bool probing)
    {
        if (reason is null || (probing && refused is { } last && clock.GetElapsedTime(last) < LogThrottle.Silence))
        {
            return;
        }

        reason = null;
        refused = null;

        // An outage of which the log was not told, because it came soon after another, is counted with the next.
        if (told)
        {
            LogAvailable((long)clock.GetElapsedTime(began).TotalSeconds, groups);
            groups = 0;
            told = false;
        }
    }

    /// <summary>The error code of a failure, extended where it is needed: SQLite calls it an I/O error when its shared memory finds no room on a full disk.</summary>
    public static int CodeOf(SqliteException exception) =>
        exception.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHMSIZE ? exception.SqliteExtendedErrorCode : exception.SqliteErrorCode;

    public static bool IsDiskFull(int code) => code is raw.SQLITE_FULL or raw.SQLITE_IOERR_SHMSIZE;

    /// <summary>What an error of SQLite means, for an operator who asks from afar: no path, no SQL.</summary>
    public static string Explain(int code) => code switch
    {
        raw.SQLITE_FULL => "the disk is full",
        raw.SQLITE_IOERR_SHMSIZE => "the disk is full or fails",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "another process holds the lock of the database",
        raw.SQLITE_READONLY => "the database file is read-only",
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
