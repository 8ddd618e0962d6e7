using System.Runtime.InteropServices;

namespace DataGlue.Edge.Commands;

/// <summary>Linux calls that .NET does not offer: syncing a folder, and a file's owner.</summary>
internal static partial class UnixFile
{
    // AT_FDCWD, STATX_UID | STATX_GID, sizeof(struct statx), offsetof(struct statx, stx_uid); stx_gid follows.
    private const int WorkingDirectory = -100;
    private const uint OwnerMask = 0x8 | 0x10;
    private const int SizeOfStatx = 256;
    private const int OffsetOfOwner = 20;

    /// <summary>Makes the names in a folder durable: a file that was renamed there keeps its new name after a crash.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public static void SyncFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        var result = descriptor < 0 ? descriptor : Sync(descriptor);
        var error = Marshal.GetLastPInvokeErrorMessage();
        _ = descriptor < 0 ? 0 : Close(descriptor);
        if (result != 0)
        {
            throw new IOException($"The folder '{folder}' cannot be synced to the disk: {error}");
        }
    }

    /// <summary>Gives a file the mode of another, and as root its owner too: the server may run as another user.</summary>
    /// <exception cref="IOException">The owner cannot be read or set.</exception>
    public static void CopyOwnerAndMode(string path, string model)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        Span<byte> stat = stackalloc byte[SizeOfStatx];
        if (Statx(WorkingDirectory, model, 0, OwnerMask, stat) != 0)
        {
            throw new IOException($"The owner of '{model}' cannot be read: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var (owner, group) = (MemoryMarshal.Read<uint>(stat[OffsetOfOwner..]), MemoryMarshal.Read<uint>(stat[(OffsetOfOwner + sizeof(uint))..]));
        if (Environment.IsPrivilegedProcess && ChangeOwner(path, owner, group) != 0)
        {
            throw new IOException($"'{path}' cannot be given the owner of '{model}': {Marshal.GetLastPInvokeErrorMessage()}");
        }

        if (File.Exists(model))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(model));
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> result);
    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);
    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
