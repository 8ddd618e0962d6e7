namespace DataGlue.Edge.Commands;

/// <summary>A file that is written as <c>NAME.partial</c>, and renamed once it is complete and synced. It is made anew, exclusively: whatever else stands at that
/// name is not written to. What a killed run has left is removed first.</summary>
internal sealed class PartialFile : IDisposable
{
    // EEXIST, and Windows' own.
    private const int ExistsOnUnix = 17;
    private const int ExistsOnWindows = unchecked((int)0x80070050);

    // Its lock stops a second process that makes the same file. SQLite's own locks are of another kind and do not collide with it.
    private readonly FileStream stream;
    private readonly string destination;
    private bool complete;

    /// <summary>Creates the file, empty and readable by its owner alone.</summary>
    /// <exception cref="CommandException">There is no such folder, another process is making the file, or its name is taken by what no run has left.</exception>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights of the folder forbid it.</exception>
    public PartialFile(string destination)
    {
        this.destination = destination;
        var folder = System.IO.Path.GetDirectoryName(destination)!;
        CommandException.Unless(Directory.Exists(folder), $"There is no folder '{folder}'");
        try
        {
            stream = Create();
        }
        catch (IOException exception) when (UnixFile.IsHeld(exception))
        {
            throw new CommandException($"Another process is making '{Path}' at this moment");
        }
    }

    public string Path => destination + ".partial";

    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Sync() => UnixFile.Sync(stream.SafeFileHandle);

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
            DeleteAll();
        }

        stream.Dispose();
    }

    private FileStream Create()
    {
        while (true)
        {
            try
            {
                // Between its making and its lock another run may have taken it for a leftover, and removed it.
                var created = CreateNew();
                if (UnixFile.IsAt(created.SafeFileHandle, Path))
                {
                    return created;
                }

                created.Dispose();
            }
            catch (IOException exception) when (exception.HResult is ExistsOnUnix or ExistsOnWindows)
            {
                RemoveLeftover();
            }
        }
    }

    private FileStream CreateNew()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(Path, options);
    }

    // Whoever removes a file of this name holds its lock, and has seen under the lock that it is still the one of this name: so nobody removes the file that
    // another run has made meanwhile.
    private void RemoveLeftover()
    {
        CommandException.Unless(
            UnixFile.KindOf(Path, followLinks: false) is FileKind.Regular or FileKind.None, $"'{Path}' is no file that a former run has left; remove it first");
        try
        {
            using var leftover = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            if (UnixFile.IsAt(leftover.SafeFileHandle, Path))
            {
                DeleteAll();
            }
        }
        catch (FileNotFoundException)
        {
            // Another run has completed or removed it.
        }
    }

    // The file itself last: its lock keeps others from the rest.
    private void DeleteAll()
    {
        foreach (var suffix in new[] { "-wal", "-shm", "-journal", "" })
        {
            File.Delete(Path + suffix);
        }
    }
}
