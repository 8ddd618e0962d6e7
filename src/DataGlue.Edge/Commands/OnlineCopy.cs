using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Commands;

/// <summary>SQLite's online backup: copies one snapshot of a database while others write to it.</summary>
internal static class OnlineCopy
{
    // 4 MB at the usual page size: small enough for the progress to move.
    private const int PagesPerStep = 1_024;

    /// <summary>Copies the database into an empty file, without a write-ahead log beside it, and checks the copy. Returns its connection string.</summary>
    /// <param name="path">The empty file. It is not synced to the disk; delete it when the copy fails.</param>
    /// <exception cref="SqliteException">The source is damaged or cannot be read, or the disk of the copy is full or fails.</exception>
    public static string Make(SqliteConnection source, string path)
    {
        using (var target = Database.OpenFile(path, SqliteOpenMode.ReadWrite))
        {
            // A copy that fails is deleted: it needs no rollback.
            target.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
            CopyPages(source, target);
        }

        using var progress = new Progress("checking the copy");
        using var copy = Database.OpenFile(path, SqliteOpenMode.ReadWrite);

        // The header of the copy says WAL, as the source's does.
        copy.Execute("PRAGMA journal_mode = DELETE");
        var damage = CheckCommand.Damage(copy);
        return damage.Count == 0 ? copy.ConnectionString : throw new SqliteException(damage[0], raw.SQLITE_CORRUPT);
    }

    // The transaction keeps one snapshot over all steps. Without it, each commit of another process between two steps would restart the copy.
    private static void CopyPages(SqliteConnection source, SqliteConnection target)
    {
        using var progress = new Progress("copying");
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
            progress.Report(total - raw.sqlite3_backup_remaining(backup), total);
        }
        while (code == raw.SQLITE_OK);

        // The error is that of sqlite3_backup_finish, which sets it on the target.
        if (code != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_backup_finish(backup), target.Handle);
        }
    }
}
