using Microsoft.Win32.SafeHandles;

namespace DataGlue.Edge.Storage;

/// <summary>
/// Keeps a second server from a database: an advisory lock (flock) on <c>NAME-lock</c> beside the file, which ends with the process, however that ends. The
/// database itself cannot carry it: to close another descriptor of the file would drop SQLite's own locks. The empty lock file stays, since to delete it
/// would let two servers hold two locks of one name.
/// </summary>
internal sealed class DatabaseLock : IDisposable
{
    // Who only asks holds the lock for a moment, and a server that is being replaced takes one to end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle file;

    private DatabaseLock(SafeFileHandle file) => this.file = file;

    /// <summary>Takes the lock of the database at this path, whose links are resolved. It is held until it is disposed of or the process ends.</summary>
    /// <exception cref="SettingException">Another process holds it, or the lock file cannot be made.</exception>
    public static DatabaseLock Acquire(string databasePath)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            try
            {
                return new DatabaseLock(File.OpenHandle(PathOf(databasePath), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException exception) when (UnixFile.IsHeld(exception))
            {
                if (waited >= Patience)
                {
                    throw new SettingException($"DATABASE_PATH must be the database of one server, and another one runs on '{databasePath}'; stop it first");
                }

                Thread.Sleep(Pause);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new SettingException($"DATABASE_PATH must be a file that can be written, in a folder that can be written: {exception.Message}");
            }
        }
    }

    /// <summary>Whether a server, or a command that keeps servers away, holds the database at this path.</summary>
    /// <exception cref="UnauthorizedAccessException">The lock file may not be read.</exception>
    public static bool IsHeld(string databasePath)
    {
        try
        {
            File.OpenHandle(PathOf(databasePath), FileMode.Open, FileAccess.Read, FileShare.Read).Dispose();
            return false;
        }
        catch (IOException exception) when (UnixFile.IsHeld(exception))
        {
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    public void Dispose() => file.Dispose();

    private static string PathOf(string databasePath) => databasePath + "-lock";
}
