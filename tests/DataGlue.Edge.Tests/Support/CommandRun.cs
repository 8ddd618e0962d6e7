using System.Diagnostics;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What a command of the native binary has said, and its exit code.</summary>
public sealed record CommandRun(int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Errors)
{
    /// <summary>Runs a command to its end, on the database of <paramref name="folder"/> unless the settings say otherwise.</summary>
    public static Task<CommandRun> RunAsync(NativeBinary binary, string folder, params string[] arguments) => RunAsync(binary, folder, [], [], arguments);

    /// <summary>Runs a command to its end with these settings and no others.</summary>
    /// <param name="binary">The program.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="settings">Its environment.</param>
    /// <param name="before">A program, with arguments, that is to start it.</param>
    /// <param name="arguments">The command.</param>
    public static async Task<CommandRun> RunAsync(
        NativeBinary binary, string folder, (string Name, string Value)[] settings, string[] before, params string[] arguments)
    {
        string[] command = [.. before, binary.Path, .. arguments];
        var info = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in ServerProcess.Settings)
        {
            info.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            info.Environment[name] = value;
        }

        using var process = Process.Start(info)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new CommandRun(process.ExitCode, Lines(texts[0]), Lines(texts[1]));
    }

    /// <summary>Checks that it has done what it was asked.</summary>
    public CommandRun IsOk()
    {
        Assert.True(Code == 0, string.Join('\n', [.. Output, .. Errors]));
        return this;
    }

    /// <summary>Checks that it has failed with this as its last word.</summary>
    public CommandRun Fails(string sentence)
    {
        Assert.True(Code == 1, $"exit code {Code}: {string.Join('\n', [.. Output, .. Errors])}");
        Assert.Equal(sentence, Errors[^1]);
        return this;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
