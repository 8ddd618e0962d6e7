using System.Diagnostics;
using System.Globalization;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests;

/// <summary>The README's first command.</summary>
public sealed class DotnetRunTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task It_says_in_plain_lines_where_it_listens_who_may_read_and_that_the_data_is_where_the_command_is_given()
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var project = Path.Combine(NativeBinary.Root, "src", "DataGlue.Edge");
        Assert.SkipUnless(Tools.Has("script"), "needs a terminal: script (util-linux)");
        var info = new ProcessStartInfo("script", ["-qec", $"dotnet run --no-build -c {configuration} --project '{project}'", "/dev/null"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
        };
        var port = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture);
        foreach (var name in ServerProcess.Settings)
        {
            info.Environment.Remove(name);
        }

        info.Environment["PORT"] = port;
        using var run = Process.Start(info)!;

        var lines = new List<string>();
        while (lines.Count < 2 && await run.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(TerminalText.Plain(line));
        }

        run.Kill(entireProcessTree: true);
        await run.WaitForExitAsync();
        Assert.Equal(
            [
                $"info: DataGlue.Edge[1] DataGlue Edge listens on http://localhost:{port}, data in {folder.File("data/dataglue.db")}, as home",
                "warn: DataGlue.Edge[7] API_KEY is not set: whoever reaches the port may write; reads are answered to this machine alone",
            ],
            lines);
        Assert.True(File.Exists(folder.File("data/dataglue.db")));
    }

    public void Dispose() => folder.Dispose();
}
