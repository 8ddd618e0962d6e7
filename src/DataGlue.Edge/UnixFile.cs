using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataGlue.Edge;

/// <summary>Linux calls that .NET does not offer: syncing that tells of errors, a file's owner, and the rights of what is made.</summary>
internal static partial class UnixFile
{
    // AT_FDCWD, STATX_UID | STATX_GID, sizeof(struct statx), offsetof(struct statx, stx_uid); stx_gid follows.
    private const int WorkingDirectory = -100;
    private const uint OwnerMask = 0x8 | 0x10;
    private const int SizeOfStatx = 256;
    private const int OffsetOfOwner = 20;

    // EINVAL and EOPNOTSUPP: this file system does not sync folders.
    private const int InvalidArgument = 22;
    private const int NotSupported = 95;

    // EWOULDBLOCK on Linux and on macOS, and Windows' sharing violation.
    private const int HeldOnLinux = 11;
    private const int HeldOnMac = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    // Nothing for the group and for others.
    private const uint OthersMask = 0x3F;

    /// <summary>Whatever the process makes from now on is its user's alone: a file gets 0600, a folder 0700.</summary>
    public static void MakePrivate()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(OthersMask);
        }
    }

    /// <summary>Whether a file could not be opened because another process has its lock.</summary>
    public static bool IsHeld(IOException exception) => exception.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows;

    /// <summary>Makes a folder, and those above it that are missing, durable under their names.</summary>
    /// <exception cref="IOException">It cannot be made, or the disk fails.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights of the folder above forbid it.</exception>
    public static void MakeFolder(string folder)
    {
        var parents = new List<string>();
        for (var missing = folder; !Directory.Exists(missing) && Path.GetDirectoryName(missing) is { } parent; missing = parent)
        {
            parents.Add(parent);
        }

        Directory.CreateDirectory(folder);
        parents.ForEach(SyncFolder);
    }

    /// <summary>Makes the bytes of a file durable. .NET's own call passes over an error of the disk.</summary>
    /// <exception cref="IOException">The disk fails; its HResult is the error's number.</exception>
    public static void Sync(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
        }
        else if (Sync(file.DangerousGetHandle().ToInt32()) != 0)
        {
            throw new IOException($"The disk has not synced it: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
        }
    }

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
        var error = Marshal.GetLastPInvokeError();
        _ = descriptor < 0 ? 0 : Close(descriptor);
        if (result != 0 && error is not InvalidArgument and not NotSupported)
        {
            throw new IOException($"The folder '{folder}' cannot be synced to the disk: {Marshal.GetPInvokeErrorMessage(error)}");
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

    // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, STATX_TYPE, STATX_INO; offsetof stx_mode, stx_ino, stx_dev_major, which stx_dev_minor follows; S_IFMT, S_IFREG, S_IFDIR.
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint TypeMask = 0x1;
    private const uint NodeMask = 0x100;
    private const int OffsetOfMode = 28;
    private const int OffsetOfNode = 32;
    private const int OffsetOfDevice = 136;
    private const int TypeBits = 0xF000;
    private const int RegularType = 0x8000;
    private const int FolderType = 0x4000;

    /// <summary>What a path leads to, or where <paramref name="followLinks"/> is false, what stands at the path itself: a link is then <see cref="FileKind.Other"/>.</summary>
    public static FileKind KindOf(string path, bool followLinks = true)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Directory.Exists(path) ? FileKind.Folder : File.Exists(path) ? FileKind.Regular : FileKind.None;
        }

        Span<byte> stat = stackalloc byte[SizeOfStatx];
        return Statx(WorkingDirectory, path, followLinks ? 0 : NoFollow, TypeMask, stat) != 0 ? FileKind.None
            : (MemoryMarshal.Read<ushort>(stat[OffsetOfMode..]) & TypeBits) switch { RegularType => FileKind.Regular, FolderType => FileKind.Folder, _ => FileKind.Other };
    }

    /// <summary>Whether an open file is still the one at the path, which is not followed where it is a link.</summary>
    public static bool IsAt(SafeFileHandle file, string path)
    {
        Span<byte> open = stackalloc byte[SizeOfStatx];
        Span<byte> named = stackalloc byte[SizeOfStatx];
        return !OperatingSystem.IsLinux()
            || (Statx((int)file.DangerousGetHandle(), "", EmptyPath, NodeMask, open) == 0
                && Statx(WorkingDirectory, path, NoFollow, NodeMask, named) == 0
                && open.Slice(OffsetOfNode, sizeof(ulong)).SequenceEqual(named.Slice(OffsetOfNode, sizeof(ulong)))
                && open.Slice(OffsetOfDevice, sizeof(ulong)).SequenceEqual(named.Slice(OffsetOfDevice, sizeof(ulong))));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> result);
    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);
    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}

/// <summary>What a path stands for.</summary>
internal enum FileKind
{
    None,
    Regular,
    Folder,

    /// <summary>A device, a pipe, a socket, or a link that is not followed.</summary>
    Other,
}
