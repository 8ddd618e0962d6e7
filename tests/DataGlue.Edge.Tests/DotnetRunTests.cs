using System.Diagnostics;
using System.Globalization;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests;

/// <summary>The README's first command, without the build that these tests have behind them.</summary>
public sealed class DotnetRunTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task The_data_is_kept_where_the_command_is_given_and_a_key_is_said_to_protect_nothing()
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var project = Path.Combine(NativeBinary.Root, "src", "DataGlue.Edge");
        var info = new ProcessStartInfo("dotnet", ["run", "--no-build", "-c", configuration, "--project", project])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
        };
        info.Environment["PORT"] = EdgeApp.FreePort().ToString(CultureInfo.InvariantCulture);
        info.Environment.Remove("DATABASE_PATH");
        info.Environment["API_KEY"] = "secret-of-the-owner";
        using var run = Process.Start(info)!;

        var line = await run.StandardOutput.ReadLineAsync();
        var warning = await run.StandardOutput.ReadLineAsync();

        run.Kill(entireProcessTree: true);
        await run.WaitForExitAsync();
        Assert.EndsWith("data in " + folder.File("data/dataglue.db"), line, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("data/dataglue.db")));

        // A key that is not enforced yet must not pass for one that is, nor stand in a log.
        Assert.EndsWith("API_KEY is set, but this version does not enforce it: whoever reaches the port may read and write", warning, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();
}
