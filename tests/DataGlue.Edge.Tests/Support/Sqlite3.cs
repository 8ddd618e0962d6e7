using System.Diagnostics;

namespace DataGlue.Edge.Tests.Support;

/// <summary>The sqlite3 program, with which an owner asks questions and changes things beside the server.</summary>
public static class Sqlite3
{
    public static void SkipWithout() => Assert.SkipUnless(Tools.Has("sqlite3"), "needs the sqlite3 program (apt install sqlite3)");

    /// <summary>Runs SQL on a database file.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(string database, string sql)
    {
        var (output, error) = RunIn(Environment.CurrentDirectory, database, sql);
        Assert.True(error is null, error);
        return output;
    }

    /// <summary>Runs SQL on a database file, with this working directory.</summary>
    /// <returns>What it printed, and why it failed if it did.</returns>
    public static (string Output, string? Error) RunIn(string folder, string database, string sql)
    {
        var info = new ProcessStartInfo("sqlite3", ["-bail", "-cmd", ".timeout 10000", database])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(info)!;
        process.StandardInput.Write(sql);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (output.Trim(), process.ExitCode == 0 ? null : error);
    }
}

/// <summary>What the machine has.</summary>
public static class Tools
{
    public static bool Has(string program) => Environment.GetEnvironmentVariable("PATH")!
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
