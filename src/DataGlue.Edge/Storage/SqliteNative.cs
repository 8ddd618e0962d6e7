using System.Runtime.InteropServices;

namespace DataGlue.Edge.Storage;

/// <summary>Calls into SQLite that its bindings lack or copy text for. Those that set a value end within nanoseconds, so the garbage collector may wait for them.</summary>
internal static unsafe partial class SqliteNative
{
    private const string Library = "e_sqlite3";

    /// <summary>Sets an option of the process that takes a buffer and two numbers. SQLite must not have been used.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_config")]
    public static partial int Configure(int option, nint buffer, int size, int count);

    [LibraryImport(Library, EntryPoint = "sqlite3_file_control")]
    public static partial int FileControl(nint database, nint name, int control, out int result);

    /// <summary>The kind of checkpoint that copies nothing and only counts.</summary>
    public const int CheckpointNothing = -1;

    /// <summary>Moves the log into the file, as far as this kind of checkpoint does; of the log it counts the pages, and those that are in the file.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_wal_checkpoint_v2")]
    public static partial int Checkpoint(nint database, nint name, int mode, out int pages, out int copied);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    public static partial int Reset(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_changes")]
    [SuppressGCTransition]
    public static partial int Changes(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_stmt_status")]
    [SuppressGCTransition]
    public static partial int StatementStatus(nint statement, int counter, int reset);

    /// <summary>Binds text that stays where it is until the statement has run: the last argument is SQLITE_STATIC.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    [SuppressGCTransition]
    public static partial int BindText(nint statement, int index, byte* text, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    public static partial int BindNumber(nint statement, int index, long number);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    public static partial int BindNull(nint statement, int index);
}
