using System.Runtime.InteropServices;

namespace DataGlue.Edge.Storage;

/// <summary>Which file stands at a path: another file that is moved there has another identity, even where it takes over the number of one that was deleted.</summary>
/// <param name="Device">The file system.</param>
/// <param name="Number">The inode in it.</param>
/// <param name="Born">When it was made, in seconds since 1970 and nanoseconds behind them; 0 where the file system does not know.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Number, (long Seconds, uint Nanoseconds) Born)
{
    private const int WorkingDirectory = -100;

    private const uint InodeAndBirthMask = 0x100 | 0x800;

    private const int SizeOfStatx = 256;

    private const int OffsetOfInode = 32;

    private const int OffsetOfBirth = 80;

    private const int OffsetOfDevice = 136;

    /// <summary>The identity of the file at this path; null when there is none, and on systems that are not asked.</summary>
    public static FileIdentity? Of(string path)
    {
        // The layout of statx is the same on every processor; that of stat is not.
        Span<byte> stat = stackalloc byte[SizeOfStatx];
        try
        {
            return OperatingSystem.IsLinux() && Statx(WorkingDirectory, path, 0, InodeAndBirthMask, stat) == 0
                ? new FileIdentity(
                    MemoryMarshal.Read<ulong>(stat[OffsetOfDevice..]),
                    MemoryMarshal.Read<ulong>(stat[OffsetOfInode..]),
                    (MemoryMarshal.Read<long>(stat[OffsetOfBirth..]), MemoryMarshal.Read<uint>(stat[(OffsetOfBirth + sizeof(long))..])))
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            // An older musl.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> result);
}
