using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>What stands behind the program's name calls a command, or is refused: it never starts a server.</summary>
[Collection(nameof(NativeTests))]
public sealed class CommandLineTests(NativeBinary binary) : IDisposable
{
    private const string NoSettings = " is not known here: settings come from the environment and the file .env, not from arguments";

    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("DataGlue.Edge [command] [options]", "--help")]
    [InlineData("DataGlue.Edge [command] [options]", "-h")]
    [InlineData("DataGlue.Edge backup <FILE> [options]", "backup", "--help")]
    [InlineData("DataGlue.Edge restore <FILE> [options]", "restore", "--help")]
    [InlineData("DataGlue.Edge check [options]", "check", "--help")]
    [InlineData("DataGlue.Edge vacuum [options]", "vacuum", "--help")]
    [InlineData("DataGlue.Edge healthcheck [options]", "healthcheck", "--help")]
    [InlineData("DataGlue.Edge promote [options]", "promote", "--help")]
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

        Assert.All(["backup <FILE>", "restore <FILE>", "check", "vacuum", "healthcheck", "drain", "promote", "Exit codes: 0"], part => Assert.Contains(part, text, StringComparison.Ordinal));
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
    [InlineData("'--PORT'" + NoSettings, "--PORT=3001")]
    [InlineData("'--PORT'" + NoSettings, "--PORT=3000", "check")]
    [InlineData("'--NOPE'" + NoSettings, "--NOPE=1")]
    [InlineData("'--api-key'" + NoSettings, "--api-key=0123456789abcdef")]
    [InlineData("'--API_KEY'" + NoSettings, "--API_KEY=0123456789abcdef")]
    [InlineData("'--urls'" + NoSettings, "--urls=http://*:3001", "--environment=Development")]
    [InlineData("'PORT'" + NoSettings, "PORT=3000")]
    [InlineData("'--deep'" + NoSettings, "check", "--deep=1")]
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
    [InlineData("promote")]
    public async Task A_setting_that_makes_no_sense_is_named(params string[] arguments)
    {
        NativeBinary.SkipWithout();

        (await CommandRun.RunAsync(binary, folder.Path, [("PORT", "http")], [], arguments)).Fails("PORT must be a whole number from 1 to 65535, not 'http'");
    }

    [Theory]
    [InlineData("backup", "copy.db")]
    [InlineData("check")]
    [InlineData("vacuum")]
    [InlineData("promote")]
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

    [Theory]
    [InlineData("check", "2>/dev/full")]
    [InlineData("nonsense", "2>/dev/full")]
    [InlineData("--version", ">/dev/full")]
    [InlineData("check", "<&- >&- 2>&-")]
    public async Task Where_nothing_can_be_written_the_exit_code_tells(string command, string streams)
    {
        NativeBinary.SkipWithout();

        Assert.Equal(1, (await CommandRun.RunAsync(binary, folder.Path, [], ["sh", "-c", $"exec \"$0\" \"$@\" {streams}"], command)).Code);
    }

    [Fact]
    public async Task A_command_that_is_interrupted_says_so()
    {
        NativeBinary.SkipWithout();
        using var edge = await ServerProcess.StartAsync(
            binary, folder.Path, [("API_KEY", Node.Key), ("HOME_URL", "http://127.0.0.1:9"), ("OUTBOX_MAX_MB", "8")]);
        edge.Client.DefaultRequestHeaders.Add("x-api-key", Node.Key);
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        string[] before = ["timeout", "--preserve-status", "-s", "INT", "2"];

        (await CommandRun.RunAsync(binary, folder.Path, [("PORT", $"{edge.Port}"), ("API_KEY", Node.Key)], before, "drain")).Fails("Interrupted");
    }

    public void Dispose() => folder.Dispose();
}
