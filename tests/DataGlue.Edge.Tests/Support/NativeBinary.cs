using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DataGlue.Edge.Tests.Support;

/// <summary>The server as it is deployed: published natively, once for all tests.</summary>
public sealed class NativeBinary
{
    private static readonly string? Missing =
        !OperatingSystem.IsLinux() ? "the native binary is published on Linux alone"
        : !Tools.Has("gcc") && !Tools.Has("clang") ? "needs a C linker for the native binary (apt install gcc zlib1g-dev)"
        : null;

    private static string Rid => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    private readonly Lazy<string> path = new(Publish);

    /// <summary>The program.</summary>
    public string Path => path.Value;

    public static void SkipWithout() => Skip.If(Missing is not null, Missing ?? "");

    /// <summary>The folder of the solution.</summary>
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(System.IO.Path.Combine(folder.FullName, "DataGlue.sln")))
            {
                folder = folder.Parent!;
            }

            return folder.FullName;
        }
    }

    private static string Publish()
    {
        var output = System.IO.Path.Combine(Root, "artifacts", "native");
        var info = new ProcessStartInfo(
            "dotnet", ["publish", "src/DataGlue.Edge", "-c", "Release", "-r", Rid, "-o", output, "-nologo", "-v", "quiet"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(info)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, text);
        Assert.DoesNotContain("warning", text, StringComparison.OrdinalIgnoreCase);
        return System.IO.Path.Combine(output, "DataGlue.Edge");
    }
}

/// <summary>Native tests run one after the other: each has the machine for itself.</summary>
[CollectionDefinition(nameof(NativeTests), DisableParallelization = true)]
public sealed class NativeTests : ICollectionFixture<NativeBinary>;
