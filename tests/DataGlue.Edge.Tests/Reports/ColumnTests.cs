using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Reports;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>The columns that reports read in place of the logs. PeopleAcrossRegionsTests compares reports with and without them.</summary>
public sealed class ColumnTests : IDisposable
{
    private const string Range = "from=2024-01-01&to=2024-12-31";
    private const string Secret = "secretpage";

    private static readonly string[] Words = ["page_view", "purchase", "é\ud83d\ude00"];
    private static readonly string?[] Pages = [null, "shop.example/", "/a"];
    private static readonly string[] Files = ["", "-wal"];

    private static readonly Gen<LogRow> AnyRow = Gen.Select(
        Gen.Int[1, 40], Gen.ULong, Gen.Int[0, 2], Gen.Int[0, 2], Gen.ULong, Gen.Int[0, 3], Gen.ULong, Gen.Bool)
        .Select((row, browser, text, page, session, kind, name, flag) => new LogRow(
            row, flag ? 7 : browser, unchecked((long)session) / 1_000, $"{row}", Words[text], Pages[page], session % 5 == 0 ? 0 : session, kind == 0 ? null : new StoredTouch($$"""{"utm_source":"{{kind}}"}""", flag, Pages[page % 2]),
            kind == 1 ? null : new ClientFacts(flag ? "mobile" : null, Words[text], null, "DE", flag), kind == 2 ? name : 0, kind == 3 ? name : 0, kind == 3 ? name + 1 : 0, flag));

    private readonly ServerApp app = new();

    [Fact]
    public void A_chunk_gives_back_what_was_put_in() => AnyRow.Array[1, 200].Sample(
        rows =>
        {
            var merge = new ChunkMerge(_ => throw new InvalidOperationException("The rows have their event ids"));
            merge.AddUnsorted(rows);
            var sorted = merge.Sorted();

            Assert.Equal(sorted.Select(row => row with { EventId = null }), new Chunk(Chunk.Encode(sorted)).AllRows());
        },
        iter: 500);

    [Fact]
    public void Whatever_is_damaged_in_a_chunk_is_seen() => Gen.Select(AnyRow.Array[1, 20], Gen.Int[0, int.MaxValue], Gen.Int[1, 255]).Sample(
        (rows, place, bits) =>
        {
            var merge = new ChunkMerge(_ => "");
            merge.AddUnsorted(rows);
            var bytes = Chunk.Encode(merge.Sorted());
            bytes[place % bytes.Length] ^= (byte)bits;

            Assert.Throws<InvalidDataException>(() => new Chunk(bytes));
            Assert.Throws<InvalidDataException>(() => new Chunk(bytes[..(place % bytes.Length)]));
        },
        iter: 500);

    [Fact]
    public async Task What_is_erased_is_in_no_column()
    {
        for (var i = 0; i < 40; i++)
        {
            await TrackAsync($"v{i % 4}", i, $"https://shop.example/{(i % 4 == 0 ? Secret : "page")}{i % 4}");
        }

        await CopyAsync(rows: 8);
        Assert.Equal(["40"], app.Query("SELECT stored FROM report_logs WHERE log = 'events'"));
        Assert.Equal(40, await EventsAsync());
        Assert.NotEqual([], app.Query($"SELECT id FROM report_chunks WHERE instr(hex(data), hex('{Secret}')) > 0"));

        (await app.SendAsync("DELETE", "/glue/user/v0")).IsOk();

        Assert.Equal(30, await EventsAsync());
        Assert.Equal([], app.Query($"SELECT id FROM report_chunks WHERE instr(hex(data), hex('{Secret}')) > 0"));
        Assert.DoesNotContain(Secret, FileText(), StringComparison.Ordinal);
        Assert.Equal([], Differences());
    }

    [Fact]
    public async Task Row_ids_that_are_given_again_are_counted()
    {
        for (var i = 0; i < 8; i++)
        {
            await TrackAsync(i < 4 ? "first" : "second", i, "https://shop.example/");
        }

        await CopyAsync(rows: 4);
        (await app.SendAsync("DELETE", "/glue/user/second")).IsOk();
        await TrackAsync("third", 9, "https://shop.example/");
        Assert.Equal(["5"], app.Query("SELECT max(id) FROM events"));

        Assert.Equal(5, await EventsAsync());
        await TrackAsync("third", 10, "https://shop.example/");
        await TrackAsync("third", 11, "https://shop.example/");
        await TrackAsync("third", 12, "https://shop.example/");
        await CopyAsync(rows: 4);
        Assert.Equal(8, await EventsAsync());
        Assert.Equal([], Differences());
    }

    [Theory]
    [InlineData("DELETE FROM events WHERE glue_user_id = 'v1'", 15)]
    [InlineData("UPDATE events SET bot = 1 WHERE glue_user_id = 'v1'", 15)]
    [InlineData("UPDATE events SET glue_user_id = 'v2' WHERE glue_user_id = 'v1'", 20)]
    [InlineData("DELETE FROM events", 0)]
    public async Task What_the_owner_changes_by_hand_counts_at_once(string sql, int left)
    {
        for (var i = 0; i < 20; i++)
        {
            await TrackAsync($"v{i % 4}", i, "https://shop.example/");
        }

        await CopyAsync(rows: 4);
        Sqlite3.Run(app.DatabasePath, sql);

        Assert.Equal(left, await EventsAsync());
        await CopyAsync(rows: 4);
        Assert.Equal(left, await EventsAsync());
        Assert.Equal(["0"], app.Query("SELECT count(*) FROM report_changes"));
        Assert.Equal([], Differences());
    }

    [Fact]
    public async Task A_report_waits_for_what_came_in_bulk()
    {
        Sqlite3.Run(
            app.DatabasePath,
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
            INSERT INTO events (event_id, glue_user_id, event, timestamp, fingerprint, created_at)
            SELECT 'e' || i, 'v' || (i % 1000), 'page_view', strftime('%Y-%m-%dT%H:%M:%fZ', 1717200000 + i, 'unixepoch'), i, '' FROM n
            """);

        Assert.Equal(150_000, await EventsAsync());
        Assert.Equal(["147456"], app.Query("SELECT stored FROM report_logs WHERE log = 'events'"));
        Assert.Equal([], Differences());
    }

    [Fact]
    public async Task A_row_id_far_behind_the_others_is_one_row()
    {
        await TrackAsync("v1", 0, "https://shop.example/");
        Sqlite3.Run(app.DatabasePath, "INSERT INTO events (id, event_id, glue_user_id, event, timestamp, fingerprint, created_at) VALUES (9223372036854775000, 'far', 'v1', 'page_view', '2024-05-01T11:00:00.000Z', 1, '')");
        for (var i = 1; i < 4; i++)
        {
            await TrackAsync("v1", i, "https://shop.example/");
        }

        Assert.Equal(5, await EventsAsync());
        await CopyAsync(rows: 2);
        Assert.Equal(5, await EventsAsync());
        Assert.Equal([], Differences());
    }

    [Fact]
    public async Task Damaged_columns_are_made_anew()
    {
        for (var i = 0; i < 8; i++)
        {
            await TrackAsync("v1", i, "https://shop.example/");
        }

        await CopyAsync(rows: 4);
        Sqlite3.Run(app.DatabasePath, "UPDATE report_chunks SET data = substr(data, 1, 20)");

        var reply = await app.GetAsync($"/glue/reports/overview?{Range}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.Equal("What reports read was damaged and is made anew; ask again in a minute", reply.Error);
        Assert.Equal(8, await EventsAsync());
        await CopyAsync(rows: 4);
        Assert.Equal(8, await EventsAsync());
        Assert.Equal([], Differences());
    }

    [Fact]
    public async Task Ids_of_clicks_and_landing_pages_are_those_of_the_log()
    {
        foreach (var (user, minute) in new[] { ("v1", 0), ("v2", 1), ("v3", 2) })
        {
            await TrackAsync(user, minute, $"https://shop.example/{user}?gclid=click-{user}&utm_source=google");
        }

        await CopyAsync(rows: 1);
        Assert.Equal(["click-v1", "click-v2", "click-v3"], await KeysAsync("gclid"));
        Assert.Equal(["/v1", "/v2", "/v3"], await KeysAsync("landing_page"));
        Assert.Equal(["paid search"], await KeysAsync("channel"));
        Assert.Equal([], app.Query("SELECT id FROM report_chunks WHERE instr(hex(data), hex('click-')) > 0"));
    }

    [Fact]
    public async Task A_difference_is_found()
    {
        for (var i = 0; i < 8; i++)
        {
            await TrackAsync("v1", i, "https://shop.example/");
        }

        await CopyAsync(rows: 4);
        Sqlite3.Run(app.DatabasePath, "DROP TRIGGER report_event_changed; UPDATE events SET event = 'other' WHERE id = 3");

        Assert.Equal(["rows 1 to 4096 of events"], Differences());
    }

    public void Dispose() => app.Dispose();

    private async Task<IEnumerable<string?>> KeysAsync(string by) =>
        (await app.GetAsync($"/glue/reports/attribution?{Range}&by={by}")).IsOk().Json["rows"]!.AsArray().Select(row => (string?)row!["key"]).Order(StringComparer.Ordinal);

    private List<string> Differences() => ColumnCheck.Differences(app.Services.GetRequiredService<ColumnReader>());

    private Task CopyAsync(int rows)
    {
        var keeper = app.Services.GetRequiredService<ColumnKeeper>();
        keeper.RowsTogether = rows;
        return keeper.CatchUpAsync(CancellationToken.None);
    }

    private async Task TrackAsync(string user, int minute, string url) => (await app.TrackAsync(
        new JsonObject { ["glue_user_id"] = user, ["event"] = "page_view", ["timestamp"] = $"2024-05-01T10:{minute:00}:00Z", ["context"] = new JsonObject { ["page"] = new JsonObject { ["url"] = url } } }.ToJsonString())).IsOk();

    private async Task<int> EventsAsync() => (int)(await app.GetAsync($"/glue/reports/overview?{Range}&fields=totals")).IsOk().Json["totals"]!["events"]!;

    private string FileText() => string.Concat(Files.Select(suffix => app.DatabasePath + suffix).Where(File.Exists).Select(path =>
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }));
}
