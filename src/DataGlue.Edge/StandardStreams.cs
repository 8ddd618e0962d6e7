using System.Runtime.InteropServices;

namespace DataGlue.Edge;

/// <summary>Standard input, output and error, which whoever starts the program may have closed.</summary>
internal static partial class StandardStreams
{
    private const int ReadWrite = 2; // O_RDWR
    private const int Error = 2;

    /// <summary>Opens those that are closed on /dev/null. Else the next files that are opened take their numbers, and log lines go there.</summary>
    public static void Open()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor;
        do
        {
            descriptor = Open("/dev/null", ReadWrite);
        }
        while (descriptor is >= 0 and <= Error);
        _ = Close(descriptor);
    }

    /// <summary>Writes one line to standard error, where it can be written.</summary>
    public static void Tell(string line)
    {
        try
        {
            Console.Error.WriteLine(line.ReplaceLineEndings(" "));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The exit code still tells.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
