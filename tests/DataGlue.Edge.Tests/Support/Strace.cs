using System.Diagnostics;

namespace DataGlue.Edge.Tests.Support;

/// <summary>Makes system calls of a running process fail, or end it, until it is disposed of.</summary>
public sealed class Strace : IDisposable
{
    private readonly Process process;
    private readonly TaskCompletionSource<string> first = new();

    // The first line tells that it has attached; of each new thread there is another.
    private Strace(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => first.TrySetResult(line.Data ?? "");
        process.BeginErrorReadLine();
    }

    public static void SkipWithout() => Assert.SkipUnless(Tools.Has("strace"), "needs strace (apt install strace)");

    /// <summary>Attaches to the process and its threads.</summary>
    /// <param name="server">The process.</param>
    /// <param name="fault">What strace calls an injection: <c>fsync:error=EIO</c>.</param>
    /// <param name="path">The file whose calls alone are meant; null for all.</param>
    public static async Task<Strace> InjectAsync(ServerProcess server, string fault, string? path = null)
    {
        string[] file = path is null ? [] : ["-P", path];
        var info = new ProcessStartInfo("strace", ["-f", "-p", $"{server.Id}", "-o", "/dev/null", .. file, "-e", $"trace={fault.Split(':')[0]}", "-e", $"inject={fault}"]) { RedirectStandardError = true };
        var strace = new Strace(Process.Start(info)!);
        var line = await strace.first.Task;
        if (!line.Contains(" attached", StringComparison.Ordinal))
        {
            strace.Dispose();
            Assert.Skip($"strace may not attach to a process here: {line}");
        }

        return strace;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            using var interrupt = Process.Start("sh", ["-c", $"kill -INT {process.Id}"]);
            interrupt.WaitForExit();
        }

        process.WaitForExit();
        process.Dispose();
    }
}
