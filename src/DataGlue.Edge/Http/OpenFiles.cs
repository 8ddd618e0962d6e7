using System.Runtime.InteropServices;

namespace DataGlue.Edge.Http;

/// <summary>How many files this process may have open, connections among them (<c>ulimit -n</c>).</summary>
internal static partial class OpenFiles
{
    // RLIMIT_NOFILE of Linux.
    private const int Resource = 7;

    /// <summary>The limit; null where it is not known.</summary>
    public static long? Limit() => OperatingSystem.IsLinux() && GetLimit(Resource, out var limit) == 0 ? (long)Math.Min(limit.Soft, long.MaxValue) : null;

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limits limits);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limits
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
