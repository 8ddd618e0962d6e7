namespace DataGlue.Edge.Tests.Support;

/// <summary>
/// A file system of two megabytes. It is mounted where only the program that is started on it sees it, and ends with that program;
/// nothing of it is left when a test is broken off.
/// </summary>
public static class SmallDisk
{
    private const string Mount = "mount -t tmpfs -o size=2m none \"$0\" && cd \"$0\" && exec \"$@\"";

    /// <summary>What starts a program with this folder on such a disk, and its working directory there.</summary>
    public static async Task<string[]> BeforeAsync(string folder)
    {
        foreach (var flags in new[] { "-m", "-Urm" })
        {
            string[] command = ["unshare", flags, "sh", "-c", Mount, folder];
            if (Tools.Has("unshare") && await Tools.RunAsync(command[0], [.. command[1..], "true"]) == 0)
            {
                return command;
            }
        }

        throw new SkipException("needs the right to mount a file system (root, or user namespaces)");
    }

    /// <summary>That folder as the running program sees it.</summary>
    public static string Seen(EdgeProcess edge, string folder) => $"/proc/{edge.Id}/root{folder}";
}
