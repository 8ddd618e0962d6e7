using System.Security.Cryptography;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>A check finds what does not fit, names it, changes nothing, and finds nothing in what the server has made.</summary>
[Collection(nameof(NativeTests))]
public sealed class CheckTests(NativeBinary binary) : IDisposable
{
    private const int Requests = 600;

    private static readonly string Long = $",\"long\":\"{new string('x', 600)}\"";

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_is_written_in_whatever_order_fits(int seed)
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var random = new Random(seed);
        for (var i = 0; i < Requests; i++)
        {
            var (path, body) = Write(random);
            (await server.PostAsync(path, body)).IsOk();
        }

        var whileServing = (await CheckAsync()).IsOk();
        Assert.Equal(0, await server.TerminateAsync());
        var stopped = (await CheckAsync()).IsOk();

        Assert.Equal(["integrity: ok", "foreign keys: ok", "scripts: ok, 1 applied", "schema: ok", "profiles: ok, 7 compared with their logs"], whileServing.Output.Take(5));
        Assert.Matches("^events: ok, [1-9][0-9]* compared with their fingerprints$", whileServing.Output[5]);
        Assert.Matches("^identities: ok, [1-9][0-9]* compared with their fingerprints$", whileServing.Output[6]);
        Assert.Equal("derived rows: ok, compared with the logs", whileServing.Output[7]);
        Assert.Equal("columns: ok, compared with the logs", whileServing.Output[8]);
        Assert.Equal(9, whileServing.Output.Count);
        Assert.Equal(whileServing.Output, stopped.Output);
    }

    [Theory]
    [InlineData("UPDATE users SET traits = '{\"n\":0}' WHERE glue_user_id = 'v1'", "profiles: 1 wrong", "  v1: traits")]
    [InlineData("UPDATE users SET email = NULL WHERE glue_user_id = 'v1'", "profiles: 1 wrong", "  v1: e-mail")]
    [InlineData("UPDATE users SET first_seen = '2020-01-01T00:00:00.000Z' WHERE glue_user_id = 'v1'", "profiles: 1 wrong", "  v1: times")]
    [InlineData("UPDATE users SET attribution = NULL WHERE glue_user_id = 'v1'", "profiles: 1 wrong", "  v1: touches")]
    [InlineData("DELETE FROM events WHERE glue_user_id = 'v1'", "profiles: 1 wrong", "  v1: times, touches")]
    [InlineData("DELETE FROM identities WHERE glue_user_id IN ('v1', 'v2')", "profiles: 2 wrong", "  v1: e-mail, times", "  v2: e-mail, times")]
    [InlineData("DELETE FROM identities WHERE glue_user_id = 'v1'", "derived rows: 1 wrong", "  identify i1 of v1: trait n is stray")]
    [InlineData("DELETE FROM traits WHERE glue_user_id IN ('v1', 'v2')", "derived rows: 2 wrong", "  identify i1 of v1: trait n is missing", "  identify i2 of v2: trait n is missing")]
    [InlineData("UPDATE traits SET value = '2' WHERE glue_user_id = 'v1'", "derived rows: 1 wrong", "  identify i1 of v1: trait n is wrong")]
    [InlineData("UPDATE traits SET value = 'no JSON' WHERE glue_user_id = 'v1'", "derived rows: 1 wrong", "  identify i1 of v1: trait n is wrong")]
    [InlineData("DELETE FROM long_traits", "derived rows: 1 wrong", "  identify i9 of v9: trait long is wrong")]
    [InlineData("UPDATE long_traits SET value = substr(value, 2)", "derived rows: 1 wrong", "  identify i9 of v9: trait long is wrong")]
    [InlineData("INSERT INTO long_traits (glue_user_id, event_id, kind, name, value) VALUES ('v1', 'i1', 'identify', 'n', '1')", "derived rows: 1 wrong", "  identify i1 of v1: the value of trait n is stray")]
    [InlineData("UPDATE identities SET email_key = 'x' WHERE event_id = 'i1'", "derived rows: 1 wrong", "  identify i1 of v1: whom it names")]
    [InlineData("UPDATE identities SET name = NULL, starts = 0 WHERE event_id = 'i1'", "derived rows: 1 wrong", "  identify i1 of v1: whom it names")]
    [InlineData("DELETE FROM users WHERE glue_user_id = 'v1'", "derived rows: 1 wrong", "  v1 has no profile")]
    [InlineData("UPDATE identities SET starts = 0 WHERE event_id = 'i1'", "derived rows: 1 wrong", "  identify i1 of v1: whether a span begins")]
    [InlineData("UPDATE users SET traits = '{}', glue_user_id = glue_user_id || char(10)", "profiles: 30 wrong", "  v0 : e-mail, times, touches")]
    [InlineData("UPDATE events SET properties = '{\"n\":2}' WHERE event_id = 't1'", "events: 1 wrong", "  t1 of v1")]
    [InlineData("UPDATE events SET session_id = 't' WHERE event_id = 't1'", "events: 1 wrong", "  t1 of v1")]
    [InlineData("UPDATE events SET event = 'f' WHERE event_id IN ('t1', 't2')", "events: 2 wrong", "  t1 of v1", "  t2 of v2")]
    [InlineData("UPDATE events SET properties = NULL WHERE event_id = 't1'", "events: 1 wrong", "  t1 of v1")]
    [InlineData("UPDATE events SET timestamp = '2024-01-04T14:00:00.001Z' WHERE event_id = 't1'", "events: 1 wrong", "  t1 of v1")]
    [InlineData("UPDATE events SET timestamp = '2024-01-04 14:00:00.000Z' WHERE event_id = 't1'", "events: 1 wrong", "  t1 of v1")]
    [InlineData("UPDATE events SET fingerprint = fingerprint + 1", "events: 30 wrong", "  t0 of v0")]
    [InlineData("UPDATE identities SET traits = '{\"n\":3}' WHERE event_id = 'i1'", "identities: 1 wrong", "  identify i1 of v1")]
    [InlineData("UPDATE identities SET email = 'E1@example.com' WHERE event_id = 'i1'", "identities: 1 wrong", "  identify i1 of v1")]
    [InlineData("DROP INDEX idx_events_event; DROP TABLE sessions", "schema: 3 wrong", "  index idx_events_event is missing", "  index idx_sessions_glue_user_id is missing", "  table sessions is missing")]
    [InlineData("ALTER TABLE users ADD COLUMN nickname TEXT", "schema: 1 wrong", "  table users is not as its script makes it")]
    [InlineData("INSERT INTO schemaversions (scriptname, applied) VALUES ('9999_future.sql', '2030-01-01')", "scripts: 1 wrong", "  The database is newer than this binary: it has 9999_future.sql; run the version that made it, or a later one")]
    [InlineData("DROP TABLE schemaversions", "scripts: 1 wrong", "  the database has no list of its scripts: it is not a database of this program")]
    [InlineData("PRAGMA ignore_check_constraints = 1; UPDATE users SET identified = 7 WHERE glue_user_id = 'v1'", "integrity: 1 wrong", "  CHECK constraint failed in users")]
    public async Task What_does_not_fit_is_named(string change, string part, params string[] lines)
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        Sqlite3.Run(DatabasePath, change);

        var run = (await CheckAsync()).Fails($"'{DatabasePath}' is not as it should be");

        var at = run.Output.ToList().IndexOf(part);
        Assert.True(at >= 0, string.Join('\n', run.Output));
        Assert.Equal(lines, run.Output.Skip(at + 1).Take(lines.Length));
        Assert.InRange(run.Output.Skip(at + 1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal)).Count(), lines.Length, 20);
    }

    [Theory]
    [InlineData("INSERT INTO users (glue_user_id, traits, first_seen) VALUES ('by-hand', '{\"a\":1}', '2020-01-01 00:00:00')", "profiles: ok, 30 compared with their logs")]
    [InlineData("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('by-hand', 'v1', 'e', '2024-01-04 14:00:00')", "events: ok, 30 compared with their fingerprints")]
    [InlineData("UPDATE events SET properties = '{ \"n\": 1.0 }' WHERE event_id = 't1'", "events: ok, 30 compared with their fingerprints")]
    [InlineData("CREATE INDEX mine ON events (created_at); CREATE VIEW latest AS SELECT 1", "schema: ok; beside it index mine, view latest")]
    [InlineData("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)", "schema: ok; beside it table _litestream_seq")]
    public async Task What_its_owner_may_do_fits(string change, string line)
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        Sqlite3.Run(DatabasePath, change);

        Assert.Contains(line, (await CheckAsync()).IsOk().Output);
    }

    [Theory]
    [InlineData("UPDATE users SET traits = '{}', email = NULL, first_seen = NULL, attribution = NULL WHERE glue_user_id IN ('v1', 'v2')", 0, 2)]
    [InlineData("DELETE FROM traits WHERE glue_user_id IN ('v1', 'v2')", 2, 0)]
    [InlineData("UPDATE traits SET value = '2' WHERE glue_user_id IN ('v1', 'v2')", 1, 0)]
    [InlineData("UPDATE traits SET value = 'no JSON' WHERE glue_user_id = 'v1'", 1, 0)]
    [InlineData("UPDATE traits SET value = '7' WHERE glue_user_id = 'v1'; UPDATE users SET traits = '{\"n\":7}' WHERE glue_user_id = 'v1'", 1, 1)]
    [InlineData("DELETE FROM long_traits", 1, 0)]
    [InlineData("UPDATE long_traits SET value = substr(value, 2); INSERT INTO long_traits (glue_user_id, event_id, kind, name, value) VALUES ('v1', 'i1', 'identify', 'n', '1')", 2, 0)]
    [InlineData("DELETE FROM traits; DELETE FROM long_traits; UPDATE users SET traits = '{}'", 31, 30)]
    [InlineData("INSERT INTO traits VALUES ('v1', 'stray', '2024-01-04T14:00:01.000Z', 'i1', 'identify', NULL, '1'); UPDATE users SET traits = '{\"n\":1,\"stray\":1}' WHERE glue_user_id = 'v1'", 1, 1)]
    [InlineData("UPDATE identities SET starts = 0 WHERE event_id = 'i1'; UPDATE users SET identified_at = NULL WHERE glue_user_id = 'v1'", 1, 1)]
    [InlineData("UPDATE identities SET name = 'account:x', email_key = NULL WHERE event_id = 'i1'; UPDATE users SET email = NULL WHERE glue_user_id = 'v1'", 1, 1)]
    [InlineData("UPDATE identities SET name = NULL, starts = 0 WHERE event_id = 'i1'", 2, 0)]
    [InlineData("UPDATE events SET name = 'email:x@example.com' WHERE event_id = 't1'", 1, 0)]
    [InlineData("DELETE FROM users WHERE glue_user_id IN ('v1', 'v2')", 2, 2)]
    [InlineData("SELECT 1", 0, 0)]
    public async Task What_follows_from_the_logs_is_made_anew(string change, int rows, int profiles)
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        var before = Contents();
        Sqlite3.Run(DatabasePath, change);

        var run = (await CheckAsync("--repair")).IsOk();

        Assert.Equal(
            [$"repaired: {rows} derived {(rows == 1 ? "row" : "rows")}", $"repaired: {profiles} {(profiles == 1 ? "profile" : "profiles")}"],
            run.Output.Where(line => line.StartsWith("repaired", StringComparison.Ordinal)));
        Assert.Equal(before, Contents());
        (await CheckAsync()).IsOk();
    }

    [Fact]
    public async Task Rows_that_were_put_in_by_hand_for_a_known_visitor_count_after_a_repair()
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        Sqlite3.Run(DatabasePath, "INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('by-hand', 'v1', 'e', '2023-01-01T00:00:00.000Z')");
        (await CheckAsync()).Fails($"'{DatabasePath}' is not as it should be");

        (await CheckAsync("--repair")).IsOk();

        Assert.Equal(["2023-01-01T00:00:00.000Z"], new DatabaseFile(DatabasePath).Query("SELECT first_seen FROM users WHERE glue_user_id = 'v1'"));
    }

    [Fact]
    public async Task A_row_of_users_that_was_put_in_by_hand_fits_once_it_has_a_log()
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        Sqlite3.Run(DatabasePath, $$"""
            INSERT INTO users (glue_user_id, email, traits) VALUES ('by-hand', 'MÜLLER@example.com.', '{"a":["{{string.Concat(Enumerable.Repeat("\\/", 400))}}"], "b":[ {{string.Concat(Enumerable.Repeat("1e2, ", 300))}}1 ]}');
            """);
        using (var app = new ServerApp(("DATABASE_PATH", DatabasePath)))
        {
            (await app.TrackAsync("""{"glue_user_id":"by-hand","event":"e"}""")).IsOk();
        }

        (await CheckAsync()).IsOk();
    }

    [Fact]
    public async Task Identifications_that_were_put_in_by_hand_count_after_a_repair()
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        Sqlite3.Run(DatabasePath, """
            INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, traits) VALUES ('v1', 'by-hand', 'identify', '2024-02-01T00:00:00.000Z', 'Zoë@xn--bcher-kva.example', '{"plan":"pro"}');
            INSERT INTO identities (glue_user_id, event_id, kind, timestamp, user_id) VALUES ('new', 'by-hand', 'identify', '2024-02-01T00:00:00.000Z', 'u-1');
            """);

        (await CheckAsync("--repair")).IsOk();

        var database = new DatabaseFile(DatabasePath);
        Assert.Equal(["zoë@bücher.example|email:zoë@bücher.example", "|account:u-1"], database.Query("SELECT coalesce(email_key, '') || '|' || name FROM identities WHERE event_id = 'by-hand' ORDER BY id"));
        Assert.Equal(
            ["""["Zoë@xn--bcher-kva.example",1,"2024-02-01T00:00:00.000Z",{"n":1,"plan":"pro"}]""", """[null,1,"2024-02-01T00:00:00.000Z",{}]"""],
            database.Query("SELECT json_array(email, identified, identified_at, json(traits)) FROM users WHERE glue_user_id IN ('v1', 'new') ORDER BY glue_user_id DESC"));
    }

    [Fact]
    public async Task A_repair_leaves_the_logs_as_they_are_and_names_what_it_cannot_mend()
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        await FillAsync();
        Sqlite3.Run(DatabasePath, "UPDATE events SET event = 'f' WHERE event_id = 't1'; UPDATE users SET traits = '{}' WHERE glue_user_id = 'v2'; UPDATE identities SET traits = '{\"n\":9}' WHERE event_id = 'i3'");

        var run = (await CheckAsync("--repair")).Fails($"'{DatabasePath}' is not as it should be");

        Assert.Contains("repaired: 1 profile", run.Output);
        Assert.Contains("repaired: 0 derived rows", run.Output);
        Assert.Contains("  t1 of v1", run.Output);
        Assert.Contains("  identify i3 of v3", run.Output);
        Assert.Equal(["{\"n\":3}"], new DatabaseFile(DatabasePath).Query("SELECT traits FROM users WHERE glue_user_id = 'v3'"));
        Assert.Contains("profiles: ok, 30 compared with their logs", run.Output);
        Assert.Equal(["f"], new DatabaseFile(DatabasePath).Query("SELECT event FROM events WHERE event_id = 't1'"));
    }

    [Fact]
    public async Task Nothing_is_repaired_beside_a_server()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);

        (await CheckAsync("--repair")).Fails($"DATABASE_PATH must be the database of one server, and another one runs on '{DatabasePath}'; stop it first");
    }

    [Fact]
    public async Task Damage_is_told_and_nothing_is_changed()
    {
        NativeBinary.SkipWithout();
        await FillAsync();
        Damage.Index(DatabasePath);
        var before = Hash(DatabasePath);

        var run = (await CheckAsync()).Fails($"'{DatabasePath}' is not as it should be");

        Assert.Matches(@"^integrity: \d+ wrong$", run.Output[0]);
        Assert.Matches("^  (Tree [0-9]+ )?[Pp]age [0-9]+: ", run.Output[1]);
        Assert.DoesNotContain(run.Output, line => line.StartsWith("profiles: ", StringComparison.Ordinal));
        Assert.Equal(before, Hash(DatabasePath));
    }

    [Fact]
    public async Task One_bit_that_has_turned_over_in_a_stored_value_is_named()
    {
        NativeBinary.SkipWithout();
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            (await server.PostAsync("/glue/track", """{"glue_user_id":"v","event":"e","event_id":"1","properties":{"note":"as it was written"} }""")).IsOk();
            Assert.Equal(0, await server.TerminateAsync());
        }

        var bytes = await File.ReadAllBytesAsync(DatabasePath);
        bytes[bytes.AsSpan().IndexOf("as it was written"u8)] ^= 1;
        await File.WriteAllBytesAsync(DatabasePath, bytes);

        var run = (await CheckAsync()).Fails($"'{DatabasePath}' is not as it should be");

        Assert.Equal("integrity: ok", run.Output[0]);
        Assert.Equal(["events: 1 wrong", "  1 of v"], run.Output.Skip(5).Take(2));
    }

    [Fact]
    public async Task The_log_that_a_killed_server_has_left_is_read_and_stays()
    {
        NativeBinary.SkipWithout();
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            Assert.True(await new EventClient(server).SendAsync());
            await server.KillAsync();
        }

        var before = (Hash(DatabasePath), Hash(DatabasePath + "-wal"));

        Assert.Contains("profiles: ok, 1 compared with their logs", (await CheckAsync()).IsOk().Output);
        Assert.Equal(before, (Hash(DatabasePath), Hash(DatabasePath + "-wal")));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named()
    {
        NativeBinary.SkipWithout();
        Directory.CreateDirectory(folder.File("data"));
        await File.WriteAllTextAsync(DatabasePath, new string('x', 5_000));

        (await CheckAsync()).Fails("the database file is corrupt (SQLite Error 26: 'file is not a database'.)");
    }

    public void Dispose() => folder.Dispose();

    // Few visitors, times and ids, so that writes are late, repeat and contradict each other.
    private static (string Path, string Body) Write(Random random)
    {
        var visitor = $"v{random.Next(7)}";
        var time = 1_704_376_800_000 + (random.Next(40) * 1_000);
        var context = random.Next(3) == 0 ? "{}" : $$"""{"utm_source":"s{{random.Next(4)}}","page":{"url":"https://shop.example/"} }""";
        var id = $"{visitor}-{random.Next(60)}";
        var track = $$"""{"type":"track","glue_user_id":"{{visitor}}","event":"e{{random.Next(2)}}","timestamp":{{time}},"context":{{context}}{{(random.Next(3) == 0 ? "" : $",\"event_id\":\"{id}\"")}} }""";
        var identify = $$"""{"type":"identify","glue_user_id":"{{visitor}}","email":"{{"aA"[random.Next(2)]}}{{random.Next(2)}}@example.com","event_id":"i{{id}}","timestamp":{{time}},"traits":{"k{{random.Next(4)}}":{{(random.Next(4) == 0 ? "null" : random.Next(9))}} },"context":{{context}} }""";
        return random.Next(4) switch
        {
            0 => ("/glue/track", track),
            1 => ("/glue/identify", identify),
            2 => ("/glue/batch", $$"""{"batch":[{{track}},{{identify}}]}"""),
            _ => ("/glue/sync", $$"""{"glue_user_id":"{{visitor}}","synced_at":{{time}},"data":{"profile":{"n":{{random.Next(9)}},"attribution":{"first_touch":{"utm_source":"s{{random.Next(4)}}","timestamp":{{time}} } } },"events":[{"event":"e{{random.Next(2)}}","event_id":"{{id}}","timestamp":{{time}} }]} }"""),
        };
    }

    private async Task FillAsync()
    {
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var items = Enumerable.Range(0, 30).SelectMany(i => new[]
        {
            $$"""{"type":"track","glue_user_id":"v{{i}}","event":"e","event_id":"t{{i}}","timestamp":1704376800000,"properties":{"n":{{i}} },"context":{"utm_source":"s"} }""",
            $$"""{"type":"identify","glue_user_id":"v{{i}}","event_id":"i{{i}}","email":"e{{i}}@example.com","traits":{"n":{{i}}{{(i == 9 ? Long : "")}} },"timestamp":1704376801000}""",
        });
        (await server.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        Assert.Equal(0, await server.TerminateAsync());
    }

    private static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    // All that follows from the logs, and the logs.
    private List<string> Contents() => new DatabaseFile(DatabasePath).Query(
        """
        SELECT json_array(glue_user_id, email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) FROM users
        UNION ALL SELECT json_array(glue_user_id, event_id, kind, timestamp, email, name, starts, traits) FROM identities
        UNION ALL SELECT json_array(glue_user_id, name, timestamp, event_id, kind, size, value) FROM traits
        UNION ALL SELECT json_array(glue_user_id, event_id, kind, name, value) FROM long_traits
        UNION ALL SELECT json_array(event_id, glue_user_id, timestamp) FROM events
        ORDER BY 1
        """);

    private Task<CommandRun> CheckAsync(params string[] options) => CommandRun.RunAsync(binary, folder.Path, ["check", .. options]);
}
