namespace DataGlue.Edge.Commands;

/// <summary>
/// A file in the making. It stands beside its place under another name until it is whole and on the disk; whatever ends the process before
/// that, its place is as it was. What a killed process has left is taken over by the next.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    // A second process that makes the same file finds it locked. SQLite's own locks are of another kind and go on beside this one.
    private readonly FileStream stream;
    private readonly string place;
    private bool complete;

    /// <summary>Makes the file, empty and for nobody but its maker to read.</summary>
    /// <param name="place">Where it is to stand.</param>
    /// <exception cref="IOException">It cannot be made, or another process is making it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public PartialFile(string place)
    {
        this.place = place;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        stream = new FileStream(Path, options);
        stream.SetLength(0);
    }

    /// <summary>Where it is now.</summary>
    public string Path => place + ".partial";

    /// <summary>Syncs it to the disk.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Sync() => stream.Flush(flushToDisk: true);

    /// <summary>Syncs it to the disk and moves it to its place.</summary>
    /// <param name="overwrite">Whether another file may stand there, to be replaced in one step.</param>
    /// <exception cref="IOException">The disk is full or fails, or another file stands there.</exception>
    public void Complete(bool overwrite)
    {
        Sync();
        File.Move(Path, place, overwrite);
        complete = true;
        UnixFile.SyncFolder(System.IO.Path.GetDirectoryName(place)!);
    }

    public void Dispose()
    {
        if (!complete)
        {
            foreach (var suffix in new[] { "-wal", "-shm", "-journal", "" })
            {
                File.Delete(Path + suffix);
            }
        }

        stream.Dispose();
    }
}
