using System.Globalization;
using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>What the server does with a file that it cannot use, or can use in part.</summary>
[Collection(nameof(NativeTests))]
public sealed class DamagedFileTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Visitors = 20;

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Fact]
    public async Task An_empty_file_is_a_new_database()
    {
        NativeBinary.SkipWithout();
        Directory.CreateDirectory(folder.File("data"));
        await File.WriteAllBytesAsync(DatabasePath, []);
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);

        Assert.True(await client.SendAsync());

        Assert.Equal(0, await server.TerminateAsync());
        client.IsThatOf(new DatabaseFile(DatabasePath));
    }

    [Theory]
    [InlineData("444", "777", "")]
    [InlineData("444", "555", "")]
    [InlineData("666", "555", "-try")]
    public async Task A_file_that_may_not_be_written_stops_the_start_and_is_written_when_it_may(string rights, string rightsOfFolder, string named)
    {
        NativeBinary.SkipWithout();
        var copy = await Unprivileged.CopyAsync(binary, folder);
        await StopAsync(copy);
        await Unprivileged.RightsAsync(DatabasePath, rights);
        await Unprivileged.RightsAsync(folder.File("data"), rightsOfFolder);

        await FailsAsync(
            copy,
            $"DATABASE_PATH must be a file that can be written, in a folder that can be written: Access to the path '{DatabasePath}{named}' is denied.");

        await Unprivileged.RightsAsync(folder.File("data"), "755");
        await Unprivileged.RightsAsync(DatabasePath, "644");
        await StopAsync(copy);
    }

    [Fact]
    public async Task A_file_of_which_half_is_missing_stops_the_start()
    {
        NativeBinary.SkipWithout();
        await FillAsync();
        await using (var file = new FileStream(DatabasePath, FileMode.Open, FileAccess.Write))
        {
            file.SetLength(file.Length / 2);
        }

        await FailsAsync(
            binary,
            $"DATABASE_PATH must be a SQLite database that can be written, or a new file, not '{DatabasePath}': the database file is corrupt (SQLite Error 11: 'database disk image is malformed'.)");
    }

    [Theory]
    [InlineData("events", 1)]
    [InlineData("users", 1)]
    [InlineData("idx_events_event_id", 1)]
    [InlineData("idx_events_glue_user_id", 1)]
    [InlineData(null, 40)]
    public async Task Damage_in_the_middle_is_told_and_ends_with_a_good_copy_in_its_place(string? tree, int pages)
    {
        NativeBinary.SkipWithout();
        await FillAsync();
        File.Copy(DatabasePath, folder.File("good.db"));
        Damage(tree, pages);
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var client = new EventClient(server);
        var watch = new FaultWatch(server, client);

        var reads = await ReadAllAsync(server);
        if (tree is null)
        {
            // Whether a write meets the damage depends on where it goes.
            await client.SendAsync();
            Assert.Contains(HttpStatusCode.ServiceUnavailable, reads);
        }
        else
        {
            await watch.RefusesAsync("the database file is corrupt");
        }

        await ReadAllAsync(server);
        Assert.InRange(watch.Told("The database cannot be read: SQLite error 11"), reads.Contains(HttpStatusCode.ServiceUnavailable) ? 1 : 0, 2);
        output.WriteLine($"{reads.Count(status => status == HttpStatusCode.OK)} of {Visitors} journeys are read, {client.Refused.Count} writes refused");

        Assert.Equal(0, watch.Told("A request failed: "));
        File.Move(folder.File("good.db"), DatabasePath, overwrite: true);
        Assert.False(await client.SendAsync());
        Assert.Equal(1, await server.ExitAsync());

        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.True(await new EventClient(again).SendAsync());
        Assert.All(await ReadAllAsync(again), status => Assert.Equal(HttpStatusCode.OK, status));
        (await again.GetAsync("/readyz")).IsOk();
        Assert.Equal(0, await again.TerminateAsync());
        Assert.Equal(["ok"], new DatabaseFile(DatabasePath).Query("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Damage_in_the_middle_of_a_journey_breaks_the_connection_and_is_one_line_in_the_log()
    {
        NativeBinary.SkipWithout();
        using (var whole = await ServerProcess.StartAsync(binary, folder.Path))
        {
            var before = new EventClient(whole);
            for (var i = 0; i < 10; i++)
            {
                Assert.True(await before.SendAsync(new string('x', 50_000)));
            }

            Assert.Equal(0, await whole.TerminateAsync());
        }

        BreakLongTexts();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        for (var i = 0; i < 10; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => server.GetAsync($"/glue/user/{EventClient.User}"));
        }

        var watch = new FaultWatch(server, new EventClient(server));
        await Poll.UntilAsync(() => Task.FromResult(watch.Told("The database cannot be read: SQLite error 11") > 0));
        Assert.DoesNotContain(server.Log, line => line.Contains("unhandled exception", StringComparison.Ordinal));
        watch.LogIsBounded();
    }

    public void Dispose() => folder.Dispose();

    // A few thousand events, so that each tree has pages of its own for each visitor.
    private async Task FillAsync()
    {
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        for (var block = 0; block < 4; block++)
        {
            var items = Enumerable.Range(0, 1_000).Select(i =>
                $$"""{"type":"track","glue_user_id":"v{{i / (1_000 / Visitors)}}","event":"e","event_id":"{{block}}-{{i}}","properties":{"x":"{{new string('x', 200)}}"} }""");
            (await server.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }

        Assert.Equal(0, await server.TerminateAsync());
    }

    private void Damage(string? tree, int pages)
    {
        var database = new DatabaseFile(DatabasePath);
        var size = Number("PRAGMA page_size");
        var first = tree is null ? Number("PRAGMA page_count") / 3 : Number($"SELECT rootpage FROM sqlite_schema WHERE name = '{tree}'");
        var garbage = new byte[pages * size];
        new Random(1).NextBytes(garbage);
        using var file = new FileStream(DatabasePath, FileMode.Open, FileAccess.Write);
        file.Position = (first - 1) * size;
        file.Write(garbage);

        long Number(string sql) => long.Parse(database.Query(sql)[0], CultureInfo.InvariantCulture);
    }

    // A long text goes on from page to page, each of which begins with the number of the next.
    private void BreakLongTexts()
    {
        const int size = 4_096;
        var bytes = File.ReadAllBytes(DatabasePath);
        for (var page = bytes.Length / size / 2 * size; page < bytes.Length; page += size)
        {
            if (!bytes.AsSpan(page + 4, size - 4).ContainsAnyExcept((byte)'x'))
            {
                bytes.AsSpan(page, 4).Fill(0xFF);
            }
        }

        File.WriteAllBytes(DatabasePath, bytes);
    }

    private static async Task<List<HttpStatusCode>> ReadAllAsync(ServerProcess server)
    {
        var statuses = new List<HttpStatusCode>();
        for (var visitor = 0; visitor < Visitors; visitor++)
        {
            try
            {
                var reply = await server.GetAsync($"/glue/user/v{visitor}");
                if (reply.Status != HttpStatusCode.OK)
                {
                    reply.IsError(HttpStatusCode.ServiceUnavailable, "The database cannot be read at present; ask again a little later");
                }

                statuses.Add(reply.Status);
            }
            catch (HttpRequestException)
            {
                // The damage was met when half of the reply was on its way: only a broken connection can tell.
                statuses.Add(HttpStatusCode.ServiceUnavailable);
            }
        }

        return statuses;
    }

    private async Task StopAsync(NativeBinary copy)
    {
        using var server = await ServerProcess.StartAsync(copy, folder.Path, Unprivileged.Before);
        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        Assert.Equal(0, await server.TerminateAsync());
    }

    private async Task FailsAsync(NativeBinary program, string sentence)
    {
        var before = program == binary ? [] : Unprivileged.Before;
        using var server = ServerProcess.Launch(program, folder.Path, [], before);
        Assert.Equal(1, await server.ExitAsync());
        Assert.Equal(sentence, Assert.Single(server.Errors));
        Assert.Empty(server.Log);
    }
}
