using System.Net;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>An erasure that is killed in the middle is finished by the next start; one of a restored backup too.</summary>
[Collection(nameof(NativeTests))]
public sealed class ErasureKillTests(NativeBinary binary) : IDisposable
{
    private const int Kills = 20;
    private const int Events = 4_000;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Killed_at_twenty_points_it_is_finished_by_the_next_start()
    {
        NativeBinary.SkipWithout();
        var inTheMiddle = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var name = $"hidden{kill:00}";
            using (var server = await StartAsync())
            {
                await FillAsync(server, name);
                var erasing = EraseAsync(server, name);

                // Whole erasures of this size take about as long as this loop goes.
                await Task.Delay(TimeSpan.FromMilliseconds(kill * 12));
                await server.KillAsync();
                await IgnoreAsync(erasing);
            }

            var killed = new DatabaseFile(folder.File("data/dataglue.db"));
            var wasWritten = killed.Query("SELECT count(*) FROM erasures")[0] == $"{kill + 1}";
            inTheMiddle += killed.Query("SELECT count(*) FROM tombstones WHERE applied = 0")[0] == "0" ? 0 : 1;
            using (var server = await StartAsync())
            {
                if (!wasWritten)
                {
                    // Nothing had begun: all is there, and the owner asks again.
                    Assert.Equal(Events, (int)(await server.GetAsync($"/glue/user/email/{name}@example.com?limit=1")).IsOk().Json["summary"]!["total_events"]!);
                    (await EraseAsync(server, name)).IsOk();
                }

                await Poll.UntilAsync(() => Task.FromResult(!Holds(name)));
                Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync($"/glue/user/email/{name}@example.com")).Status);
                Assert.Equal("bob", (string?)(await server.GetAsync("/glue/user/email/bob@example.com")).IsOk().Json["user"]!["traits"]!["name"]);
                Assert.Equal(0, await server.TerminateAsync());
            }

            (await CommandRun.RunAsync(binary, folder.Path, "check")).IsOk();
        }

        Assert.InRange(inTheMiddle, 1, Kills);
    }

    [Fact]
    public async Task A_restored_backup_brings_nothing_back()
    {
        NativeBinary.SkipWithout();
        using (var server = await StartAsync())
        {
            await FillAsync(server, "hidden00");
            (await CommandRun.RunAsync(binary, folder.Path, "backup", "older.db")).IsOk();
            (await EraseAsync(server, "hidden00")).IsOk();
            Assert.Equal(0, await server.TerminateAsync());
        }

        (await CommandRun.RunAsync(binary, folder.Path, "restore", "--force", "older.db")).IsOk();

        using var restored = await StartAsync();
        await Poll.UntilAsync(() => Task.FromResult(!Holds("hidden00")));
        Assert.Equal(HttpStatusCode.NotFound, (await restored.GetAsync("/glue/user/email/hidden00@example.com")).Status);
        Assert.Equal("bob", (string?)(await restored.GetAsync("/glue/user/email/bob@example.com")).IsOk().Json["user"]!["traits"]!["name"]);
        Assert.Equal(0, await restored.TerminateAsync());
    }

    public void Dispose() => folder.Dispose();

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(binary, folder.Path, [("RATE_LIMIT", "0"), ("EVENT_LIMIT", "0")]);

    private static Task<Reply> EraseAsync(ServerProcess server, string name) => server.SendAsync("DELETE", $"/glue/user/email/{name}@example.com");

    // Somebody on two browsers, of which another person uses one.
    private static async Task FillAsync(ServerProcess server, string name)
    {
        const long epoch = 1_704_376_800_000;
        (await server.PostAsync("/glue/identify", $$"""{"glue_user_id":"{{name}}-kiosk","email":"{{name}}@example.com","event_id":"{{name}}-i1","timestamp":{{epoch}},"traits":{"name":"{{name}}"} }""")).IsOk();
        (await server.PostAsync("/glue/identify", $$"""{"glue_user_id":"shared","email":"{{name}}@example.com","event_id":"{{name}}-i2","timestamp":{{epoch}} }""")).IsOk();
        (await server.PostAsync("/glue/identify", $$"""{"glue_user_id":"shared","email":"bob@example.com","event_id":"i3","timestamp":{{epoch + 1_000_000}},"traits":{"name":"bob"} }""")).IsOk();
        foreach (var block in Enumerable.Range(0, Events).Chunk(1_000))
        {
            var items = block.Select(i => $$"""{"type":"track","glue_user_id":"{{(i % 2 == 0 ? name + "-kiosk" : "shared")}}","event":"e","event_id":"{{name}}-{{i:00000}}","session_id":"{{name}}-s","timestamp":{{epoch + i}} }""");
            (await server.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }
    }

    private static async Task IgnoreAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (HttpRequestException)
        {
            // The server was killed before it had answered.
        }
    }

    private bool Holds(string text) => Directory.GetFiles(folder.File("data"), "dataglue.db*")
        .Where(file => !file.EndsWith("-lock", StringComparison.Ordinal) && !file.Contains(".replaced-", StringComparison.Ordinal))
        .Any(file => FileBytes.Of(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);
}
