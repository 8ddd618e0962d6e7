namespace DataGlue.Edge.Commands;

/// <summary>A file that is written as <c>NAME.partial</c>, and renamed once it is complete and synced. The next run takes over what a killed process has left.</summary>
internal sealed class PartialFile : IDisposable
{
    // Its lock stops a second process that makes the same file. SQLite's own locks are of another kind and do not collide with it.
    private readonly FileStream stream;
    private readonly string destination;
    private bool complete;

    /// <summary>Creates the file, empty and readable by its owner alone.</summary>
    /// <exception cref="IOException">It cannot be created, or another process is making it.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights of the folder forbid it.</exception>
    public PartialFile(string destination)
    {
        this.destination = destination;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        stream = new FileStream(Path, options);
        stream.SetLength(0);
    }

    public string Path => destination + ".partial";

    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Sync() => stream.Flush(flushToDisk: true);

    /// <summary>Syncs the file to the disk and renames it, in one step also where it replaces another.</summary>
    /// <exception cref="IOException">The disk is full or fails, or there is a file and <paramref name="overwrite"/> is false.</exception>
    public void Complete(bool overwrite)
    {
        Sync();
        File.Move(Path, destination, overwrite);
        complete = true;
        UnixFile.SyncFolder(System.IO.Path.GetDirectoryName(destination)!);
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
