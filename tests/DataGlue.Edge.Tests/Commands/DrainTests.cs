using System.Globalization;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>Before a region is removed, its edge is drained.</summary>
[Collection(nameof(NativeTests))]
public sealed class DrainTests(NativeBinary binary) : IDisposable
{
    private const string Key = "0123456789abcdef-of-the-owner";

    private readonly TempFolder folder = new();
    private readonly TempFolder homeFolder = new();

    private readonly int homePort = ServerApp.FreePort();

    [Fact]
    public async Task It_waits_for_a_home_that_comes_back()
    {
        NativeBinary.SkipWithout();
        using var edge = await StartEdgeAsync();
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        var run = DrainAsync(edge, "--timeout", "120");
        using var home = await StartHomeAsync();

        Assert.Equal(["The outbox is empty: the home has everything that this edge has accepted"], (await run).IsOk().Output);
        Assert.Equal(["1"], new DatabaseFile(homeFolder.File("data/dataglue.db")).Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task It_says_what_still_waits_and_why()
    {
        NativeBinary.SkipWithout();
        using var edge = await StartEdgeAsync();
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();

        var run = await DrainAsync(edge, "--timeout", "1");

        Assert.Equal(1, run.Code);
        Assert.StartsWith($"Still waiting: 1. The home at http://127.0.0.1:{homePort} cannot be reached: ", run.Errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_aside_would_be_lost()
    {
        NativeBinary.SkipWithout();
        using var home = await StartHomeAsync();
        using var edge = await StartEdgeAsync();
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"b","event":"e","event_id":"x"}""")).IsOk();

        (await DrainAsync(edge)).Fails(
            "The home has everything but what it has rejected (1), which would be gone with this volume; GET /glue/outbox lists it: send it again, or delete it, first");
    }

    [Fact]
    public async Task The_databases_of_a_home_and_of_an_edge_are_not_restored_in_each_others_place()
    {
        NativeBinary.SkipWithout();
        using var home = await StartHomeAsync();
        using var edge = await StartEdgeAsync();
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        (await DrainAsync(edge)).IsOk();
        var (ofHome, ofEdge) = (homeFolder.File("home.db"), folder.File("edge.db"));
        (await CommandRun.RunAsync(binary, homeFolder.Path, "backup", ofHome)).IsOk();
        (await CommandRun.RunAsync(binary, folder.Path, "backup", ofEdge)).IsOk();
        (string, string)[] settings = [.. Settings(edge.Port), ("HOME_URL", $"http://127.0.0.1:{homePort}")];

        (await CommandRun.RunAsync(binary, folder.Path, settings, [], "restore", ofEdge, "--force")).Fails(
            $"A server runs on '{folder.File("data/dataglue.db")}': stop it first, then restore, then start it");
        await edge.TerminateAsync();
        await home.TerminateAsync();
        (await CommandRun.RunAsync(binary, homeFolder.Path, "restore", ofEdge, "--force")).Fails(
            $"'{ofEdge}' is not restored: it is the database of an edge, and without HOME_URL this is a home");
        (await CommandRun.RunAsync(binary, folder.Path, settings, [], "restore", ofHome, "--force")).Fails(
            $"'{ofHome}' is not restored: it holds visitors, and HOME_URL makes this an edge");
        (await CommandRun.RunAsync(binary, folder.Path, settings, [], "restore", ofEdge, "--force")).IsOk();
    }

    [Fact]
    public async Task A_home_is_not_drained_and_without_a_server_there_is_nothing_to_ask()
    {
        NativeBinary.SkipWithout();
        using var home = await StartHomeAsync();

        (await DrainAsync(home)).Fails("This is the home: it holds the data itself, and has nowhere to drain to");
        var run = await CommandRun.RunAsync(binary, folder.Path, [("PORT", $"{homePort}"), ("API_KEY", "another-key-than-the-server")], [], "drain");
        run.Fails($"The server at http://127.0.0.1:{homePort}/ answers 401 to GET /glue/outbox; does it run with this API_KEY?");
        var nobody = await CommandRun.RunAsync(binary, folder.Path, [("PORT", $"{ServerApp.FreePort()}")], [], "drain");
        Assert.Contains("does not answer GET /glue/outbox: ", nobody.Errors[^1], StringComparison.Ordinal);
        foreach (var seconds in new[] { "x", "1.5", "", "99999999999", "-1" })
        {
            var refused = await CommandRun.RunAsync(binary, folder.Path, "drain", "--timeout", seconds);
            Assert.Equal((1, 1), (refused.Code, refused.Errors.Count));
        }

        var nowhere = await CommandRun.RunAsync(binary, homeFolder.Path, "backup", "");
        Assert.Equal((1, 1), (nowhere.Code, nowhere.Errors.Count));
        (await CommandRun.RunAsync(binary, folder.Path, "drain", "--timeout", "0")).Fails("--timeout must be a whole number of seconds, from 1; --help tells what there is");
    }

    [Fact]
    public async Task Where_only_the_hash_of_a_key_is_known_it_asks_for_the_key()
    {
        NativeBinary.SkipWithout();
        const string relay = "relay-key-of-the-edges-1";
        var hash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Key)));
        using var home = await ServerProcess.StartAsync(binary, homeFolder.Path, [.. Settings(homePort), ("RELAY_KEY", relay)]);
        (string, string)[] settings =
            [("PORT", $"{ServerApp.FreePort()}"), ("API_KEY", hash), ("RELAY_KEY", relay), ("HOME_URL", $"http://127.0.0.1:{homePort}"), ("OUTBOX_MAX_MB", "8")];
        using var edge = await ServerProcess.StartAsync(binary, folder.Path, settings);

        (await CommandRun.RunAsync(binary, folder.Path, settings, [], "drain")).Fails(
            "API_KEY holds only the hash of a key, and drain has to show the key itself: call it with API_KEY=<the key> in its environment");
        (await DrainAsync(edge)).IsOk();
        (await CommandRun.RunAsync(binary, folder.Path, settings, [], "healthcheck")).IsOk();
    }

    public void Dispose()
    {
        folder.Dispose();
        homeFolder.Dispose();
    }

    private Task<ServerProcess> StartHomeAsync() =>
        ServerProcess.StartAsync(binary, homeFolder.Path, Settings(homePort));

    private async Task<ServerProcess> StartEdgeAsync()
    {
        var edge = await ServerProcess.StartAsync(
            binary, folder.Path, [.. Settings(ServerApp.FreePort()), ("HOME_URL", $"http://127.0.0.1:{homePort}"), ("OUTBOX_MAX_MB", "8")]);
        edge.Client.DefaultRequestHeaders.Add("x-api-key", Key);
        return edge;
    }

    private Task<CommandRun> DrainAsync(ServerProcess server, params string[] arguments) =>
        CommandRun.RunAsync(binary, folder.Path, Settings(server.Port), [], ["drain", .. arguments]);

    private static (string, string)[] Settings(int port) => [("PORT", port.ToString(CultureInfo.InvariantCulture)), ("API_KEY", Key)];
}
