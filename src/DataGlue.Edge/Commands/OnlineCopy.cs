using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Commands;

/// <summary>SQLite's online backup: a copy of a database as it stands at one moment, while others write to it.</summary>
internal static class OnlineCopy
{
    // 4 MB of the usual page size: often enough for the progress to move.
    private const int PagesPerStep = 1_024;

    /// <summary>Copies the database into an empty file, which then holds it alone, without a log beside it, and checks that it is whole.</summary>
    /// <param name="source">The database.</param>
    /// <param name="path">The empty file. It is not synced to the disk, and is to be thrown away when the copy fails.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <returns>The connection string of the copy.</returns>
    /// <exception cref="SqliteException">The source is damaged or cannot be read, or the disk of the copy is full or fails.</exception>
    public static string Make(SqliteConnection source, string path, Progress progress)
    {
        using (var work = progress.Begin("copying"))
        using (var target = Database.OpenFile(path, SqliteOpenMode.ReadWrite))
        {
            // Of a copy that fails nothing is kept, so there is nothing to return to.
            target.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
            CopyPages(source, target, work.Report);
        }

        using var checking = progress.Begin("checking the copy");
        using var copy = Database.OpenFile(path, SqliteOpenMode.ReadWrite);

        // It says of itself that it has a write-ahead log, as its source does.
        copy.Execute("PRAGMA journal_mode = DELETE");
        var damage = DatabaseCheck.Damage(copy);
        return damage.Count == 0 ? copy.ConnectionString : throw new SqliteException(damage[0], raw.SQLITE_CORRUPT);
    }

    // The transaction holds one state of the source over all steps. Without it each step would read the newest one, and each commit of
    // another process between two steps would send the copy back to its beginning.
    private static void CopyPages(SqliteConnection source, SqliteConnection target, Action<long, long> report)
    {
        using var snapshot = source.BeginTransaction(deferred: true);
        source.Number("SELECT count(*) FROM sqlite_schema");
        using var backup = raw.sqlite3_backup_init(target.Handle, "main", source.Handle, "main");
        if (backup.IsInvalid)
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_errcode(target.Handle), target.Handle);
        }

        int code;
        do
        {
            code = raw.sqlite3_backup_step(backup, PagesPerStep);
            var total = raw.sqlite3_backup_pagecount(backup);
            report(total - raw.sqlite3_backup_remaining(backup), total);
        }
        while (code == raw.SQLITE_OK);

        // What has failed is said by the end of the backup, in the name of the target.
        if (code != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_backup_finish(backup), target.Handle);
        }
    }
}
