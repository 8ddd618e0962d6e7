using System.Diagnostics;
using Xunit.Sdk;

namespace DataGlue.Edge.Tests.Support;

/// <summary>
/// A file system of a few megabytes. It is mounted where only the program that is started on it sees it, and ends with that program;
/// nothing of it is left when a test is broken off.
/// </summary>
public static class SmallDisk
{
    /// <summary>What starts a program with this folder on such a disk, and its working directory there.</summary>
    public static async Task<string[]> BeforeAsync(string folder, int megabytes = 2)
    {
        var mount = $"mount -t tmpfs -o size={megabytes}m none \"$0\" && cd \"$0\" && exec \"$@\"";
        foreach (var flags in new[] { "-m", "-Urm" })
        {
            string[] command = ["unshare", flags, "sh", "-c", mount, folder];
            if (Tools.Has("unshare") && await Tools.RunAsync(command[0], [.. command[1..], "true"]) == 0)
            {
                return command;
            }
        }

        throw SkipException.ForSkip("needs the right to mount a file system (root, or user namespaces)");
    }

    /// <summary>That folder as the running program sees it.</summary>
    public static string Seen(ServerProcess server, string folder) => $"/proc/{server.Id}/root{folder}";
}

/// <summary>A small file system that outlives the programs on it: it ends with the test.</summary>
public sealed class LastingDisk : IDisposable
{
    private readonly Process holder;
    private readonly string folder;
    private readonly string[] user;

    private LastingDisk(Process holder, string folder, string[] user) => (this.holder, this.folder, this.user) = (holder, folder, user);

    /// <summary>What starts a program with its working directory there.</summary>
    public string[] Before => ["nsenter", "-t", $"{holder.Id}", "-m", .. user, "sh", "-c", "cd \"$0\" && exec \"$@\"", folder];

    /// <summary>Mounts it on a folder.</summary>
    public static async Task<LastingDisk> MountAsync(string folder, int megabytes)
    {
        var mount = await SmallDisk.BeforeAsync(folder, megabytes);
        Assert.SkipUnless(Tools.Has("nsenter"), "needs nsenter (util-linux)");

        // It reads until this process ends, however that comes about.
        var info = new ProcessStartInfo(mount[0], [.. mount[1..], "sh", "-c", "echo mounted; exec cat >/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var holder = Process.Start(info)!;
        Assert.Equal("mounted", await holder.StandardOutput.ReadLineAsync());
        return new LastingDisk(holder, folder, mount.Contains("-Urm") ? ["-U", "--preserve-credentials"] : []);
    }

    /// <summary>A file there, as this process sees it.</summary>
    public string File(string name) => Path.Combine($"/proc/{holder.Id}/root{folder}", name);

    /// <summary>Fills it to the last byte.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(File("ballast"), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1024 * 1024];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                ballast.Write(block, 0, size);
            }
            catch (IOException)
            {
                // What is left is smaller than this.
                size /= 2;
            }
        }
    }

    /// <summary>Gives so many bytes back of what <see cref="Fill"/> has taken.</summary>
    public void GiveBack(int bytes)
    {
        using var ballast = new FileStream(File("ballast"), FileMode.Open, FileAccess.Write);
        ballast.SetLength(Math.Max(0, ballast.Length - bytes));
    }

    /// <summary>Gives the room back that <see cref="Fill"/> has taken.</summary>
    public void Clear() => System.IO.File.Delete(File("ballast"));

    public void Dispose()
    {
        holder.StandardInput.Close();
        holder.WaitForExit();
        holder.Dispose();
    }
}
