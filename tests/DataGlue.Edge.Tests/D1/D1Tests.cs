using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DataGlue.Edge.Tests.D1;

/// <summary>The product's SQL on Cloudflare's D1, beside the same on SQLite, row for row.</summary>
public sealed class D1Tests : IDisposable
{
    private static readonly string[] RepairsInTurn = ["identity_traits", "traits", "long_traits", "traits_delete", "long_traits_delete", "names", "event_name", "starts", "visitor", "profile", "columns"];

    private static readonly string Long = $"0.{new string('7', 598)}";

    private readonly TempFolder folder = new();
    private readonly Dictionary<string, bool> run = [];

    [Fact]
    public async Task Every_statement_comes_to_the_same_on_D1_as_on_SQLite()
    {
        D1Server.SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");
        using var sqlite = new SqliteBatches(folder.File("batches.db"));
        await LoadAsync(d1, sqlite);

        await BothAsync(d1, sqlite, [.. SqlText.Split(Story.RowsByHand).Select(sql => Statement.Of(sql))]);
        foreach (var write in Story.Writes())
        {
            await WriteAsync(d1, sqlite, write);
        }

        await ReadAsync(d1, sqlite);
        var tables = await Tables.NamesAsync(sqlite);
        Assert.Equal(tables, await Tables.NamesAsync(d1));
        var rows = await Tables.DumpAsync(sqlite, tables);
        Assert.Equal(rows, await Tables.DumpAsync(d1, tables));
        Assert.Equal(rows, await ByTheServerAsync(tables));

        await RepairAsync(d1, sqlite);
        Assert.Equal(await Tables.DumpAsync(sqlite, tables), await Tables.DumpAsync(d1, tables));
        Assert.Empty(ProductSql.Writes.Concat(ProductSql.Reads.Values).Concat(ProductSql.Questions.Values).Concat(ProductSql.Repairs.Values).Except(run.Keys));
        Assert.Empty(run.Where(statement => !statement.Value).Select(statement => statement.Key));
    }

    [Fact]
    public async Task What_a_batch_has_done_is_undone_when_a_later_statement_of_it_fails()
    {
        D1Server.SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");

        await d1.LoadAsync("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1);");
        var outcome = await d1.RunAsync([Statement.Of("INSERT INTO t VALUES (2)"), Statement.Of("INSERT INTO t VALUES (@x)", ("x", 1L))]);

        Assert.Contains("UNIQUE constraint failed: t.x", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("t\nx='1'", await Tables.DumpAsync(d1, ["t"]));
    }

    [Fact]
    public async Task Values_arrive_on_D1_exactly()
    {
        D1Server.SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");
        using var sqlite = new SqliteBatches(folder.File("values.db"));
        object?[] values = [0L, -1L, 1L << 53, (1L << 53) + 1, long.MaxValue, long.MinValue, null, "", "'", "\"\\\n\r\t\u0001", "é😀\uFFFD\u2028", new string('x', 1_900_000)];

        await BothAsync(d1, sqlite, [Statement.Of("CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT) STRICT")]);
        foreach (var value in values)
        {
            await BothAsync(d1, sqlite, [Statement.Of($"INSERT INTO t ({(value is long ? "number" : "text")}) VALUES (@value)", ("value", value))]);
        }

        Assert.Equal(await Tables.DumpAsync(sqlite, ["t"]), await Tables.DumpAsync(d1, ["t"]));
    }

    [Fact]
    public async Task The_limits_are_those_of_D1()
    {
        D1Server.SkipWithout();
        using var server = await D1Server.StartAsync("DB");
        var d1 = server.Database("DB");

        Assert.Null(await ErrorAsync(d1, Parameters(ProductSqlTests.MostParameters)));
        Assert.Contains("variable number must be between ?1 and ?100", await ErrorAsync(d1, Parameters(ProductSqlTests.MostParameters + 1)), StringComparison.Ordinal);
        Assert.Null(await ErrorAsync(d1, Statement.Of("SELECT 1".PadRight(ProductSqlTests.MostBytes))));
        Assert.Contains("too long", await ErrorAsync(d1, Statement.Of("SELECT 1".PadRight(ProductSqlTests.MostBytes + 1))), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static async Task<string?> ErrorAsync(D1Database d1, Statement statement) => (await d1.RunAsync([statement])).Error;

    private static Statement Parameters(int count)
    {
        var names = Enumerable.Range(0, count).Select(i => $"p{i}").ToList();
        return Statement.Of($"SELECT 1 WHERE 1 IN ({string.Join(", ", names.Select(name => $"@{name}"))})", [.. names.Select(name => (name, (object?)1L))]);
    }

    private static async Task LoadAsync(D1Database d1, SqliteBatches sqlite)
    {
        foreach (var script in SchemaUpgrade.Scripts())
        {
            await d1.LoadAsync(script.Contents);
            (await sqlite.RunAsync([.. SqlText.Split(script.Contents).Select(sql => Statement.Of(sql))])).IsOk();
        }

        Assert.Equal(await Tables.SchemaAsync(sqlite), await Tables.SchemaAsync(d1));
    }

    // As the writer does: the shortcuts first, and the whole script where they come to nothing.
    private async Task WriteAsync(D1Database d1, SqliteBatches sqlite, Write write)
    {
        if (!write.HasShortcuts || (!await BothAsync(d1, sqlite, [.. Bind(write, ProductSql.Scripts[write.Script + "_common"])]) && !await IsKnownAsync(d1, sqlite, write)))
        {
            Assert.True(await BothAsync(d1, sqlite, [.. Bind(write, ProductSql.Scripts[write.Script])]));
        }
    }

    private async Task<bool> IsKnownAsync(D1Database d1, SqliteBatches sqlite, Write write)
    {
        Statement[] known = [.. Bind(write, ProductSql.Scripts[write.Script + "_known"])];
        Assert.True(await BothAsync(d1, sqlite, known));
        return (await sqlite.RunAsync(known)).Statements[0].Rows.Count > 0;
    }

    private static IEnumerable<Statement> Bind(Write write, string sql)
    {
        var values = NamedValues.Of(write);
        return SqlText.Split(sql).Select(statement => new Statement(statement, values));
    }

    private static Statement Read(string file, params (string Name, object? Value)[] values) => Statement.Of(ProductSql.Reads[file], values);

    private async Task ReadAsync(D1Database d1, SqliteBatches sqlite)
    {
        var users = (await sqlite.RunAsync([Statement.Of("SELECT glue_user_id AS id FROM users")])).Statements[0].Rows.Select(row => row["id='".Length..^1]);
        await BothAsync(d1, sqlite, [Read("newest_event"), .. OutboxReads(), .. ReportReads(), Read("logged_profiles"), Read("profile_differences"), Read("event_fingerprints"), Read("event_names"), Read("identity_fingerprints")]);
        foreach (var user in users.Append("nobody"))
        {
            await BothAsync(d1, sqlite, [.. Reads(user, snapshot: 1_000), .. Reads(user, snapshot: 4)]);
        }

        await BothAsync(d1, sqlite, [.. PeopleReads(), .. ErasureReads()]);
        foreach (var email in new[] { "ADA@EXAMPLE.COM", "äDÄ@example.com", "hand@example.com", "nobody@example.com" })
        {
            (string, object?)[] values = [("email", email), ("key", email.ToLowerInvariant())];
            await BothAsync(d1, sqlite, [.. ProductSql.Questions.Values.Select(sql => Statement.Of(sql, values))]);
        }
    }

    // An identity was put in by hand, and there is a stray trait; all is seen, and mended.
    private async Task RepairAsync(D1Database d1, SqliteBatches sqlite)
    {
        (string, object?)[] values =
        [
            ("user", "mended"), ("event_id", "m"), ("kind", "identify"), ("timestamp", Story.Received), ("trait", "stray"), ("trait_values", """{"long":600,"plan":"\"pro\""}"""), ("long_traits", $"{{\"long\":\"{Long}\"}}"), ("now", Story.Received),
            ("name", "email:m@example.com"), ("email_key", "m@example.com"),
        ];
        await BothAsync(d1, sqlite,
        [
            Statement.Of($$"""INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, traits, created_at) VALUES ('mended', 'm', 'identify', '{{Story.Received}}', 'm@example.com', '{"plan":"pro","long":{{Long}}}', '')"""),
            Statement.Of($"INSERT INTO events (event_id, glue_user_id, event, timestamp, email, fingerprint, created_at) VALUES ('m', 'mended', 'e', '{Story.Received}', 'm@example.com', 1, '')"),
            Statement.Of("INSERT INTO long_traits (glue_user_id, event_id, kind, name, value) VALUES ('mended', 'm', 'identify', 'stray', '1')"),
            Statement.Of($"INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, size, value) VALUES ('mended', 'stray', '{Story.Received}', 'm', 'identify', NULL, '1')"),
            Read("derived_differences"),
            Read("trait_rows", values),
            .. RepairsInTurn.Select(file => Statement.Of(ProductSql.Repairs[file], values)),
        ]);
        var left = await sqlite.RunAsync([Read("derived_differences"), Statement.Of("SELECT email || traits AS profile FROM users WHERE glue_user_id = 'mended'")]);
        Assert.Equal(["", $$"""profile='m@example.com{"long":{{Long}},"plan":"pro"}'"""], left.Statements.Select(statement => string.Join('\n', statement.Rows)));
    }

    private static IEnumerable<Statement> OutboxReads() =>
    [
        Read("server_state", ("name", "home_id")), Read("is_of_edge"), Read("holds_visitors"),
        Read("outbox_newest"), Read("outbox_count", ("last", 6L)), Read("outbox_oldest"), Read("outbox_fresh", ("after", 5L), ("count", 10L)),
        Read("outbox_due", ("now", Story.Received), ("horizon", "2024-06-01T12:00:15.000Z")), Read("outbox_next_try"),
        Read("aside_size"), Read("aside_count"), Read("aside", ("after", 0L), ("count", 10L)),
    ];

    private static IEnumerable<Statement> PeopleReads()
    {
        (string, object?)[] place = [("afterTime", ""), ("afterId", ""), ("boundTime", "~"), ("boundId", "~"), ("most", 2L), ("snapshot", 1_000L)];
        (string, object?)[] first = [("user", ""), ("timestamp", ""), ("eventId", ""), ("kind", ""), ("most", 500L)];
        (string, object?)[] window = [("user", "early"), ("startTime", ""), ("startId", ""), ("inclusive", 1L), .. place];
        yield return Read("rows_by_hand");
        yield return Read("taken_back");
        yield return Read("is_taken_back", ("user", "back"), ("name", "email:back@example.com"), ("email", "back@example.com"));
        yield return Read("identifications_of_id", ("eventId", "b2"), ("user", null));
        foreach (var file in new[] { "events_by_hand", "identities_by_hand", "users_by_hand" })
        {
            yield return Read(file, ("after", -1L), ("most", 2L));
        }

        yield return Read("accounts_of_emails", ("keys", """["acc@example.com","nobody@example.com"]"""));
        yield return Read("emails_of_account", ("account", "acc-1"));
        yield return Read("browsers_of_names", ("names", """["account:acc-1","email:acc@example.com"]"""));
        yield return Read("spans_of_browsers", ("users", """["account","many"]"""), ("most", 1_001L));
        yield return Read("spans_after", ("user", "many"), ("time", ""), ("id", ""), ("most", 2L));
        yield return Read("newest_email_of_names", ("names", """["account:acc-1","email:acc@example.com"]"""));
        yield return Read("identifications", [("name", "account:acc-1"), .. first]);
        yield return Read("claims_of_account", [("name", "acc-3"), .. first]);
        yield return Read("claims_of_email", [("name", "claim@example.com"), .. first]);
        yield return Read("users_by_last_seen", ("users", """["account","many","nobody"]"""));
        yield return Read("trait_log", ("users", """["long","account"]"""));
        yield return Read("long_trait", ("user", "long"), ("eventId", "i10"), ("kind", "identify"), ("name", "a"));
        yield return Read("window_page", window);
        yield return Read("window_spans", ("windows", """[["early","","","~","~"],["account","2024-01-04T09:00:00.000Z","e1","~","~"]]"""), ("snapshot", 1_000L));
        yield return Read("named_page", [("name", "account:acc-1"), .. place]);
        yield return Read("named_spans", ("names", """["account:acc-1","email:bare@example.com"]"""), ("snapshot", 1_000L));
        yield return Read("named_newest", ("names", """["account:acc-1","email:bare@example.com"]"""), ("snapshot", 1_000L));
    }

    private static IEnumerable<Statement> ReportReads()
    {
        (string, object?)[] asked = [("name", "Käufe 😀"), ("property", "n"), ("start", "2024-01-01"), ("end", "2025-01-01")];
        yield return Read("report_events", ("after", 0L), ("last", 1_000L), ("most", 5L));
        yield return Read("report_identities", ("after", 0L), ("last", 1_000L), ("most", 5L));
        yield return Read("report_events_of_rows", ("ids", "[1,2,3,4,5]"));
        yield return Read("report_identities_of_rows", ("ids", "[1,2,3,4,5]"));
        yield return Read("report_next_events", ("after", 2L), ("most", 3L));
        yield return Read("report_next_identities", ("after", 2L), ("most", 3L));
        yield return Read("report_logs");
        yield return Read("report_changes", ("most", 5L));
        yield return Read("report_chunks", ("log", "events"), ("part", 7L));
        yield return Read("report_chunk_list", ("log", "events"), ("part", 7L));
        yield return Read("report_chunk_names");
        yield return Read("report_hosts");
        foreach (var row in Enumerable.Range(1, 20))
        {
            yield return Read("texts_of_event", ("row", (long)row));
            yield return Read("texts_of_identity", ("row", (long)row));
        }

        yield return Read("names_beginning", ("browser", "%"), ("email", "email:%"), ("account", "account:%"));
        yield return Read("report_values", asked);
        yield return Read("report_properties", asked);
        (string, object?)[] range = [("from", "2024-01-01"), ("to", "2100-01-01"), ("after", 0L), ("last", 1_000L), ("most", 3L)];
        foreach (var table in new[] { "users", "events", "identities", "sessions" })
        {
            yield return Read("export_" + table, range);
        }

        yield return Read("export_bounds", range);
        yield return Read("values_of_event", [.. range, ("q", "")]);
        yield return Read("values_of_page", [.. range, ("q", "/")]);
        yield return Read("values_of_property", [.. range, ("q", ""), ("property", "n")]);
        yield return Read("newest_events", [.. range, ("time", "~"), ("eventId", ""), ("bots", 0L), ("name", null)]);
        yield return Read("events_since", ("after", 0L), ("bots", 0L), ("most", 3L));
        yield return Read("report_status");
    }

    private static IEnumerable<Statement> ErasureReads()
    {
        (string, object?)[] place = [("startTime", ""), ("startId", ""), ("endTime", "~"), ("endId", ""), ("whole", 1L), ("most", 2L)];
        yield return Read("tombstones");
        yield return Read("tombstones_pending");
        yield return Read("tombstones_after", ("after", 0L), ("most", 1L));
        yield return Read("is_tombstone", ("id", 1L), ("hash", "00fb"));
        yield return Read("expired_events", ("before", "2025"), ("most", 2L));
        yield return Read("expired_sessions", ("before", "2025"), ("most", 2L));
        yield return Read("base_times", ("user", "expirer"));
        yield return Read("erasable_emails", [("email", "acc@example.com"), .. place]);
        yield return Read("erasable_emails_of_events", [("name", "claim@example.com"), .. place]);
        yield return Read("named_since", ("user", "account"), ("name", "account:acc-1"), ("time", ""), ("id", ""));
        yield return Read("erasable_events", [("user", "early"), .. place]);
        yield return Read("erasable_named_events", [("name", "account:acc-1"), .. place]);
        yield return Read("erasable_claimed_events", [("name", "claim@example.com"), .. place]);
        yield return Read("erasable_claimed_events_of_account", [("name", "acc-3"), .. place]);
        yield return Read("claimed_emails_of_events", ("after", ""), ("most", 5L));
        yield return Read("claimed_accounts_of_events", ("after", ""), ("most", 5L));
        yield return Read("erasable_nameless", [("user", "visitor-ä-😀"), .. place]);
        yield return Read("erasable_naming", [("user", "account"), .. place]);
        yield return Read("erasable_by_name", [("name", "account:acc-1"), ("account", "acc-3"), ("email", "claim@example.com"), .. place]);
        yield return Read("erasable_sessions", [("user", "visitor-ä-😀"), .. place]);
        yield return Read("newest_of_browser", ("user", "account"));
        yield return Read("newest_of_name", ("name", "account:acc-1"), ("account", "acc-3"), ("email", "claim@example.com"));
        yield return Read("newest_claim_of_email", ("email", "claim@example.com"));
        yield return Read("claimed_accounts", ("after", ""), ("most", 5L));
        yield return Read("claimed_emails", ("after", ""), ("most", 5L));
        yield return Read("identified_since", ("user", "account"), ("time", ""), ("id", ""));
        yield return Read("all_browsers", ("after", 0L), ("most", 5L));
        yield return Read("names_of_identities", ("after", ""), ("most", 5L));
        yield return Read("names_of_events", ("after", ""), ("most", 5L));
        yield return Read("names_taken_back");
    }

    private static IEnumerable<Statement> Reads(string user, long snapshot)
    {
        (string, object?)[] values = [("user", user), ("snapshot", snapshot)];
        (string, object?)[] place = [("afterTime", "2024-01-04T09:00:00.000Z"), ("afterId", "e0"), ("boundTime", "~"), ("boundId", "~"), ("most", 2L)];
        yield return Read("profiles", ("users", $"[\"{user}\"]"), ("snapshot", snapshot));
        yield return Read("journey_span", values);
        yield return Read("journey_page", [.. values, .. place]);
        yield return Read("event", ("eventId", snapshot == 4 ? "live-1" : "e5"));
    }

    // Whether the batch went through; what came of it is the same on both in any case.
    private async Task<bool> BothAsync(D1Database d1, SqliteBatches sqlite, IReadOnlyList<Statement> batch)
    {
        var expected = await sqlite.RunAsync(batch);
        var actual = await d1.RunAsync(batch);
        if (expected.Error is { } error)
        {
            Assert.Contains(error.Split('\'')[1], actual.Error, StringComparison.Ordinal);
            return false;
        }

        actual.IsOk();
        foreach (var (statement, left, right) in batch.Zip(expected.Statements, actual.Statements))
        {
            Assert.True(left.ToString() == right.ToString(), $"{statement.Sql}\nSQLite: {left}\nD1: {right}");
            run[statement.Sql] = run.GetValueOrDefault(statement.Sql) || left.DidSomething;
        }

        return true;
    }

    // The same writes by the server's own writer.
    private async Task<string> ByTheServerAsync(IReadOnlyList<string> tables)
    {
        var settings = new Settings { DatabasePath = folder.File("server.db") };
        var database = new Database(settings);
        SchemaUpgrade.Apply(database.UpgradeConnectionString, SchemaUpgrade.Scripts());
        using var sqlite = new SqliteBatches(settings.DatabasePath);
        (await sqlite.RunAsync([.. SqlText.Split(Story.RowsByHand).Select(sql => Statement.Of(sql))])).IsOk();

        await using var services = new ServiceCollection().AddMetrics().AddSingleton(settings).AddSingleton(database).AddSingleton<StorageMetrics>().BuildServiceProvider();
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        var clock = new FakeTimeProvider(DateTimeOffset.Parse(Story.Received, System.Globalization.CultureInfo.InvariantCulture));
        using var queue = new WriteQueue(database, services.GetRequiredService<StorageMetrics>(), lifetime, clock, NullLogger<WriteQueue>.Instance);
        await queue.StartAsync(CancellationToken.None);
        foreach (var write in Story.Writes())
        {
            await queue.SubmitAsync(write);
            Assert.False(write.IsRefused);
        }

        await queue.StopAsync(CancellationToken.None);
        return await Tables.DumpAsync(sqlite, tables);
    }
}
