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

    private readonly Lazy<string> path;

    public NativeBinary() => path = new(Publish);

    private NativeBinary(string copy) => path = new(copy);

    /// <summary>The program.</summary>
    public string Path => path.Value;

    public static void SkipWithout() => Assert.SkipWhen(Missing is not null, Missing ?? "");

    /// <summary>A copy of the program and its SQLite in another folder.</summary>
    public NativeBinary CopyTo(string folder)
    {
        foreach (var file in new[] { Path, System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, "libe_sqlite3.so") })
        {
            File.Copy(file, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)));
        }

        return new NativeBinary(System.IO.Path.Combine(folder, System.IO.Path.GetFileName(Path)));
    }

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
