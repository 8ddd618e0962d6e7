using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>The write-ahead log beside the file that the writer has open. SQLite has no locks on it, so it may be opened here too.</summary>
internal sealed class WriteAheadLog : IDisposable
{
    // ENOSPC and EDQUOT: where files are not changed in place, writing over one takes room.
    private const int DiskFull = 28;
    private const int QuotaExceeded = 122;

    private readonly string database;
    private readonly SafeFileHandle file;
    private readonly string? opened;

    private WriteAheadLog(string database, SafeFileHandle file) => (this.database, this.file, opened) = (database, file, LinkOf(file));

    /// <summary>Opens the log of a connection that holds the write lock, which keeps all others from changing it, writes it over with its own bytes and syncs
    /// it. What an earlier process failed to sync stands there all the same, and the kernel takes it for written: only written again does it reach the
    /// disk.</summary>
    /// <exception cref="SqliteException">It cannot be written or synced.</exception>
    public static WriteAheadLog OpenSynced(SqliteConnection connection)
    {
        var database = raw.sqlite3_db_filename(connection.Handle, "main").utf8_to_string();
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(database + "-wal", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            CopySynced(file, file);
            return new WriteAheadLog(database, file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            var (code, extended) = exception.HResult is DiskFull or QuotaExceeded ? (raw.SQLITE_FULL, raw.SQLITE_FULL) : (raw.SQLITE_IOERR, raw.SQLITE_IOERR_FSYNC);
            throw new SqliteException($"The write-ahead log cannot be synced: {exception.Message}", code, extended);
        }
    }

    /// <summary>Whether another log, or none, stands at its path by now. Known on Linux alone.</summary>
    public bool HasMoved => LinkOf(file) != opened;

    /// <summary>Takes the log and its index from the path of a database that has moved away: the next start would apply them to the file which stands there now.
    /// Where another log stands there, it stays; one that was deleted with something in it is written anew.</summary>
    /// <returns>Where the log stands now; null where it was empty, or has moved away too.</returns>
    public string? Remove(bool isEmpty)
    {
        var link = LinkOf(file);
        var isDeleted = link?.EndsWith(" (deleted)", StringComparison.Ordinal) == true;
        if (link is null || (link != opened && (isEmpty || !isDeleted)))
        {
            return null;
        }

        var away = $"{database}.moved-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}";
        try
        {
            if (isDeleted)
            {
                using var copy = File.OpenHandle(away + "-wal", FileMode.CreateNew, FileAccess.Write);
                CopySynced(file, copy);
                return away + "-wal";
            }

            foreach (var suffix in Database.Suffixes.Skip(1).Where(suffix => File.Exists(database + suffix)))
            {
                File.Move(database + suffix, away + suffix);
                if (isEmpty)
                {
                    File.Delete(away + suffix);
                }
            }

            return isEmpty ? null : away + "-wal";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (isDeleted ? away : database) + "-wal";
        }
    }

    public void Dispose() => file.Dispose();

    private static void CopySynced(SafeFileHandle from, SafeFileHandle to)
    {
        var buffer = new byte[64 * 1024];
        for (long offset = 0; RandomAccess.Read(from, buffer, offset) is > 0 and var length; offset += length)
        {
            RandomAccess.Write(to, buffer.AsSpan(0, length), offset);
        }

        UnixFile.Sync(to);
    }

    // The link of a descriptor names its file where that stands now.
    private static string? LinkOf(SafeFileHandle file) => new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget;
}
