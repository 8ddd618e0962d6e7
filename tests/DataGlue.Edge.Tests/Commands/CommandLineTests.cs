using System.Globalization;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>What stands behind the program's name calls a command, or nothing at all: it never starts a server by mistake.</summary>
[Collection(nameof(NativeTests))]
public sealed class CommandLineTests(NativeBinary binary) : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("DataGlue.Edge [command] [options]", "--help")]
    [InlineData("DataGlue.Edge [command] [options]", "-h")]
    [InlineData("DataGlue.Edge backup <FILE> [options]", "backup", "--help")]
    [InlineData("DataGlue.Edge restore <FILE> [options]", "restore", "--help")]
    [InlineData("DataGlue.Edge check [options]", "check", "--help")]
    [InlineData("DataGlue.Edge vacuum [options]", "vacuum", "--help")]
    [InlineData("DataGlue.Edge healthcheck [options]", "healthcheck", "--help")]
    public async Task Help_tells_how_to_call_it(string usage, params string[] arguments)
    {
        NativeBinary.SkipWithout();
        var run = (await CommandRun.RunAsync(binary, folder.Path, arguments)).IsOk();

        Assert.Contains("  " + usage, run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Help_lists_every_command_and_the_exit_codes()
    {
        NativeBinary.SkipWithout();
        var text = string.Join('\n', (await CommandRun.RunAsync(binary, folder.Path, "--help")).IsOk().Output);

        Assert.All(["backup <FILE>", "restore <FILE>", "check", "vacuum", "healthcheck", "Exit codes: 0"], part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_version_is_told()
    {
        NativeBinary.SkipWithout();

        Assert.Equal(Product.Version, Assert.Single((await CommandRun.RunAsync(binary, folder.Path, "--version")).IsOk().Output));
    }

    [Theory]
    [InlineData("'serve' is not known here", "serve")]
    [InlineData("'--foo' is not known here", "--foo")]
    [InlineData("'-p' is not known here", "-p", "3000")]
    [InlineData("'--PORT=3000' is not known here", "--PORT=3000", "check")]
    [InlineData("'PORT=3000' is not known here", "PORT=3000")]
    [InlineData("'@settings' is not known here", "@settings")]
    [InlineData("'second' is not known here", "backup", "first", "second")]
    [InlineData("'--deep' is not known here", "check", "--deep")]
    [InlineData("Required argument missing for command: 'backup'", "backup")]
    [InlineData("Required command was not provided", "--")]
    [InlineData("'' is not known here", "")]
    public async Task What_is_not_known_is_named(string fault, params string[] arguments)
    {
        NativeBinary.SkipWithout();
        var run = await CommandRun.RunAsync(binary, folder.Path, arguments);

        run.Fails(fault + "; --help tells what there is");
        Assert.Single(run.Errors);
        Assert.Empty(run.Output);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("backup", "copy.db")]
    [InlineData("restore", "copy.db")]
    [InlineData("check")]
    [InlineData("vacuum")]
    [InlineData("healthcheck")]
    public async Task A_setting_that_makes_no_sense_is_named(params string[] arguments)
    {
        NativeBinary.SkipWithout();

        (await CommandRun.RunAsync(binary, folder.Path, [("PORT", "http")], [], arguments)).Fails("PORT must be a whole number from 1 to 65535, not 'http'");
    }

    [Theory]
    [InlineData("backup", "copy.db")]
    [InlineData("check")]
    [InlineData("vacuum")]
    public async Task Without_a_database_none_is_made(params string[] arguments)
    {
        NativeBinary.SkipWithout();

        (await CommandRun.RunAsync(binary, folder.Path, arguments)).Fails($"There is no database at '{folder.File("data/dataglue.db")}' (DATABASE_PATH)");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task The_env_file_stands_behind_the_environment()
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File(".env"), "PORT=1\nDATABASE_PATH=from/env.db\n");

        (await CommandRun.RunAsync(binary, folder.Path, "check")).Fails($"There is no database at '{folder.File("from/env.db")}' (DATABASE_PATH)");
        (await CommandRun.RunAsync(binary, folder.Path, [("DATABASE_PATH", "other.db")], [], "check"))
            .Fails($"There is no database at '{folder.File("other.db")}' (DATABASE_PATH)");
    }

    [Fact]
    public async Task Settings_of_the_host_start_the_server_as_before()
    {
        NativeBinary.SkipWithout();
        var port = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture);

        using var server = await ServerProcess.StartAsync(
            binary, folder.Path, [("PORT", port)], "sh", "-c", "exec \"$0\" --DATABASE_PATH=given.db --environment=Development");

        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        Assert.True(File.Exists(folder.File("given.db")));
    }

    public void Dispose() => folder.Dispose();
}
