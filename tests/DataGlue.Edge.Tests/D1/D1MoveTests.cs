using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.D1;

/// <summary>What docs/d1.md tells to do, done: a database moves from the server to D1, and from D1 to the server.</summary>
public sealed class D1MoveTests : IDisposable
{
    private static readonly string[] Moved = ["events", "identities", "long_traits", "sessions", "traits", "users"];

    private static readonly string Docs = Path.Combine(NativeBinary.Root, "docs");

    private readonly TempFolder folder = new();

    [Fact]
    public async Task A_database_moves_to_D1_and_back_without_losing_a_bit()
    {
        SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");
        using var before = new ServerApp();
        await FillAsync(before);

        await ToD1Async(before, d1);
        using var original = new SqliteBatches(before.DatabasePath);
        var rows = await Tables.DumpAsync(original, Moved);
        Assert.Equal(rows, await Tables.DumpAsync(d1, Moved));
        Assert.Equal(await CompareAsync(original), await CompareAsync(d1));
        Assert.DoesNotContain("pieces", await Tables.NamesAsync(d1));

        await d1.LoadAsync(Script("before-export.sql"));
        await StageAsync(d1);
        MakeByTheServer();
        Assert.Null(Run("from-d1.sql"));
        using var moved = new SqliteBatches(folder.File("dataglue.db"));
        Assert.Equal(rows, await Tables.DumpAsync(moved, Moved));
        Assert.Equal(await CompareAsync(original), await CompareAsync(moved));
        using var after = new ServerApp(("DATABASE_PATH", folder.File("dataglue.db")));
        await BothGoOnAlikeAsync((before, before.DatabasePath), (after, folder.File("dataglue.db")));
    }

    [Fact]
    public async Task An_export_alone_rounds_fingerprints_which_is_why_they_are_written_out_before()
    {
        SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");
        await d1.LoadAsync("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (9007199254740993);");

        Assert.Contains("""INSERT INTO "t" VALUES(9007199254740992);""", await d1.ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_in_place_of_the_servers_file_is_refused_untouched()
    {
        SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        await StageAsync(await NewD1Async(server));

        var failure = Assert.Throws<SchemaException>(() => SchemaUpgrade.Apply(new DatabaseFile(folder.File("d1.db")).ConnectionString, SchemaUpgrade.Scripts()));

        Assert.Equal($"DATABASE_PATH must be a database of this program, or a new file, and '{folder.File("d1.db")}' is one of another program; nothing was changed", failure.Message);
    }

    [Fact]
    public async Task Into_a_file_that_holds_rows_nothing_is_copied()
    {
        SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = await NewD1Async(server);
        await d1.LoadAsync("""
            INSERT INTO users (glue_user_id) VALUES ('a');
            INSERT INTO sessions (glue_user_id, session_id, data, synced_at) VALUES ('a', 's', '{}', '2024-01-04T14:00:00.000Z');
            """);
        await d1.LoadAsync(Script("before-export.sql"));
        await StageAsync(d1);
        MakeByTheServer();
        Sqlite3.Run(folder.File("dataglue.db"), "INSERT INTO sessions (id, glue_user_id, session_id, data, synced_at) VALUES (1, 'b', 's', '{}', '2024')");

        Assert.Contains("UNIQUE constraint failed: sessions.id", Run("from-d1.sql"), StringComparison.Ordinal);
        Assert.Equal("0", Sqlite3.Run(folder.File("dataglue.db"), "SELECT count(*) FROM users"));
    }

    [Fact]
    public async Task The_guides_tables_are_taken_over_with_every_column_that_it_documents()
    {
        SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");
        await d1.LoadAsync(await File.ReadAllTextAsync(Path.Combine(NativeBinary.Root, "bench", "peers", "sqlite-schema.sql")));
        await d1.LoadAsync("""
            INSERT INTO users (id, glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, total_events, created_at, updated_at)
            VALUES (7, 'a', 'A@example.com', '{"fname":"Ann"}', '{"first_touch":{"utm_source":"google","timestamp":"2024-01-04T14:00:00.000Z"}}',
              '2024-01-04 14:00:00', '2024-01-05T10:00:00+01:00', 1, 1704376800123, 9, '2024-01-04 14:00:00', '2024-01-05');
            INSERT INTO users (id, glue_user_id) VALUES (8, 'b');
            INSERT INTO events (id, event_id, glue_user_id, session_id, event, timestamp, properties, email, created_at)
            VALUES (3, 'e1', 'a', 's1', 'page_view', '1704376800456', '{"url":"/a\nb"}', NULL, '2024-01-04 14:00:00'),
              (4, 'e2', 'a', '', 'purchase', '2024-01-05T09:00:00.000Z', NULL, '', '2024-01-05 09:00:00');
            """);
        await StageAsync(d1);
        MakeByTheServer();

        Assert.Null(Run("from-guide.sql"));

        using var app = new ServerApp(("DATABASE_PATH", folder.File("dataglue.db")));
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","traits":{"lname":"Lee"},"timestamp":1704463200000}""");
        var journey = (await app.UserAsync("a")).IsOk().Json;
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""
                {"glue_user_id":"a","email":"a@example.com","traits":{"fname":"Ann","lname":"Lee"},
                 "attribution":{"first_touch":{"utm_source":"google","timestamp":"2024-01-04T14:00:00.000Z"},"last_touch":{"utm_source":"google","timestamp":"2024-01-04T14:00:00.000Z"}},
                 "first_seen":"2024-01-04T14:00:00.000Z","last_seen":"2024-01-05T14:00:00.000Z","identified":true,"identified_at":"2024-01-04T14:00:00.123Z",
                 "total_events":2,"total_sessions":1,"last_synced":null,"created_at":"2024-01-04T14:00:00.000Z","updated_at":"2024-06-01T12:00:00.000Z"}
                """),
            journey["user"]), journey["user"]!.ToJsonString());
        Assert.Equal(
            ["2024-01-04T14:00:00.456Z e1 page_view s1 {\"url\":\"/a\\nb\"}", "2024-01-05T09:00:00.000Z e2 purchase  {}"],
            journey["events"]!.AsArray().Select(e => $"{e!["timestamp"]} {e["event_id"]} {e["event"]} {e["session_id"]} {e["properties"]!.ToJsonString()}"));
        (await app.UserAsync("b")).IsOk();
    }

    [Theory]
    [InlineData("CREATE TABLE users (id SERIAL PRIMARY KEY, glue_user_id VARCHAR(255) UNIQUE NOT NULL, email VARCHAR(255), traits JSONB)")]
    [InlineData("CREATE TABLE users (glue_user_id TEXT, email TEXT, traits TEXT, total_events INTEGER)")]
    public async Task The_table_of_the_guides_Worker_may_lack_every_other_column(string table)
    {
        SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");
        await d1.LoadAsync(table + ";");
        const string Insert = "INSERT INTO users (glue_user_id, email, traits) VALUES (@user, @email, @traits)";
        (await d1.RunAsync([Statement.Of(Insert, ("user", "a"), ("email", "a@example.com"), ("traits", """{"n":1}"""))])).IsOk();
        (await d1.RunAsync([Statement.Of(Insert, ("user", "b"), ("email", null), ("traits", null))])).IsOk();
        await StageAsync(d1);
        MakeByTheServer();

        Assert.Null(Run("from-guide.sql"));

        using var app = new ServerApp(("DATABASE_PATH", folder.File("dataglue.db")));
        (await app.TrackAsync("""{"glue_user_id":"a","event":"visit"}""")).IsOk();
        var user = (await app.PersonAsync("a@example.com")).IsOk().Json["user"]!;
        Assert.Equal("""{"n":1} true 1""", $"{user["traits"]!.ToJsonString()} {user["identified"]} {user["total_events"]}");
        Assert.Equal(HttpStatusCode.OK, (await app.UserAsync("b")).Status);
    }

    [Fact]
    public void The_guide_to_moving_names_each_of_its_scripts()
    {
        var text = File.ReadAllText(Path.Combine(Docs, "d1.md"));

        Assert.All(Directory.GetFiles(Path.Combine(Docs, "d1")), file => Assert.Contains($"docs/d1/{Path.GetFileName(file)}", text, StringComparison.Ordinal));
    }

    public void Dispose() => folder.Dispose();

    private static void SkipWithout()
    {
        D1Server.SkipWithout();
        Sqlite3.SkipWithout();
    }

    private static string Script(string name) => File.ReadAllText(Path.Combine(Docs, "d1", name));

    private static async Task FillAsync(ServerApp app)
    {
        var large = string.Concat(Enumerable.Repeat("é😀'", 60_000));
        (await app.IdentifyAsync("""{"glue_user_id":"a","email":"Ä@example.com","traits":{"n":1.5,"s":"it's\nso"},"context":{"utm_source":"google"}}""")).IsOk();
        (await app.TrackAsync("""{"glue_user_id":"a","event":"visit","properties":{"n":2},"timestamp":1704376800000}""")).IsOk();
        (await app.TrackAsync("""{"glue_user_id":"a","event":"line\nbreak\u0001\u007f","event_id":"o'clock;--","properties":{"s":"\\n\n"},"timestamp":1704376801000}""")).IsOk();
        (await app.SyncAsync($$$"""
            {"glue_user_id":"a","synced_at":1704376900000,"data":{"profile":{"traits":{"m":2}},"sessions":[{"session_id":"s1","note":"{{{large}}}"}],
             "events":[{"event_id":"large","event":"visit","timestamp":1704376802000,"properties":{"text":"{{{large}}}"}}]}}
            """)).IsOk();
        app.Query("INSERT INTO users (glue_user_id, traits) VALUES ('by hand', '{\n \"a\": 1\n}')");
    }

    private static async Task ToD1Async(ServerApp app, D1Database d1)
    {
        foreach (var script in SchemaUpgrade.Scripts())
        {
            await d1.LoadAsync(script.Contents);
        }

        var lines = Sqlite3.Run(app.DatabasePath, Script("to-d1.sql"));
        Assert.All(lines.Split('\n'), line => Assert.EndsWith(";", line, StringComparison.Ordinal));
        await d1.LoadAsync(lines);
    }

    private static async Task<D1Database> NewD1Async(D1Server server)
    {
        var d1 = server.Database("DB");
        foreach (var script in SchemaUpgrade.Scripts())
        {
            await d1.LoadAsync(script.Contents);
        }

        return d1;
    }

    private static async Task<string> CompareAsync(IBatches database) =>
        string.Join('\n', (await database.RunAsync([Statement.Of(Script("compare.sql"))])).IsOk().Statements[0].Rows);

    // The client's report of what it had tracked live meets it by its fingerprint, wherever that has been meanwhile.
    private static async Task BothGoOnAlikeAsync(params (ServerApp App, string Path)[] servers)
    {
        var bodies = new List<string>();
        foreach (var (app, path) in servers)
        {
            (await app.TrackAsync("""{"glue_user_id":"a","event_id":"own","event":"visit","properties":{"n":2},"timestamp":1704376800000}""")).IsOk();
            Assert.Equal(["own"], new DatabaseFile(path).Query("SELECT event_id FROM events WHERE timestamp = '2024-01-04T14:00:00.000Z'"));
            bodies.Add((await app.UserAsync("a")).IsOk().Body + (await app.PersonAsync("ä@example.com")).IsOk().Body);
        }

        Assert.Equal(bodies[0], bodies[1]);
    }

    // What the export holds, as a SQLite file.
    private async Task StageAsync(D1Database d1) => Sqlite3.Run(folder.File("d1.db"), $"BEGIN;\n{await d1.ExportAsync()}\nCOMMIT;\n");

    // What the server's first start does.
    private void MakeByTheServer() => SchemaUpgrade.Apply(new DatabaseFile(folder.File("dataglue.db")).ConnectionString, SchemaUpgrade.Scripts());

    private string? Run(string script) => Sqlite3.RunIn(folder.Path, folder.File("dataglue.db"), Script(script)).Error;
}
