using System.Globalization;
using System.Text.Json.Nodes;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Tests.Support;
using DuckDB.NET.Data;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>A second opinion: DuckDB computes the same figures from the rows of the same file, by SQL that was written from the definitions alone.</summary>
public sealed class DuckDbTests : IDisposable
{
    private const int Day = 86_400_000;
    private const long Start = 1_704_067_200_000; // a Monday
    private const string Range = "from=2024-01-08&to=2024-02-18";
    private const string InRange = "BETWEEN 1704672000000 AND 1708300799999";

    private static readonly string[] Totals = ["people", "new_people", "identified", "sessions", "page_views", "events", "conversions"];
    private static readonly string[] Names = ["page_view", "page_view", "page_view", "add_to_cart", "purchase"];
    private static readonly string?[] Sources = [null, null, "google", "newsletter", "bing"];

    private readonly ServerApp app = new();
    private readonly DuckDBConnection duck = new("DataSource=:memory:");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 16)]
    [InlineData(4, 16)]
    [InlineData(5, 64)]
    [InlineData(6, 64)]
    public async Task It_comes_to_the_same(int seed, int rowsOfAChunk)
    {
        await VisitAsync(new Random(seed));
        if (rowsOfAChunk > 0)
        {
            var keeper = app.Services.GetRequiredService<ColumnKeeper>();
            keeper.RowsTogether = rowsOfAChunk;
            await keeper.CatchUpAsync(CancellationToken.None);
        }

        Load();

        await CompareOverviewAsync();
        await CompareFunnelAsync();
        await CompareAttributionAsync("identified");
        await CompareAttributionAsync("purchase");
        await CompareRetentionAsync();
    }

    public void Dispose()
    {
        duck.Dispose();
        app.Dispose();
    }

    // Two months of visitors, some of whom sign in, on two devices, with an account or without, and hand a device on; some sessions have no id.
    private async Task VisitAsync(Random random)
    {
        var items = new List<JsonObject>();
        for (var i = 0; i < 900; i++)
        {
            var browser = random.Next(60);
            var time = Start + (random.NextInt64(60L * Day) / 1_000 * 1_000);
            for (var step = random.Next(5); step >= 0; step--, time += random.Next(3) == 0 ? 31 * 60_000 : random.Next(1, 90) * 500L)
            {
                items.Add(Item(random, browser, time, i));
            }
        }

        foreach (var batch in items.OrderBy(_ => random.Next()).Chunk(1_000))
        {
            (await app.BatchAsync(new JsonObject { ["batch"] = new JsonArray([.. batch]) }.ToJsonString())).IsOk();
        }
    }

    private static JsonObject Item(Random random, int browser, long time, int visit)
    {
        var item = new JsonObject { ["glue_user_id"] = $"b{browser}", ["timestamp"] = time };
        if (browser % 3 == 0 && random.Next(12) == 0)
        {
            (item["type"], item["email"]) = ("identify", $"p{(browser + random.Next(2)) / 2}@shop.example");
            item["user_id"] = browser % 4 == 0 ? $"account{browser / 2}" : null;
            return item;
        }

        (item["type"], item["event"], item["session_id"]) = ("track", Names[random.Next(Names.Length)], browser % 5 == 0 ? null : $"s{visit}");
        item["properties"] = new JsonObject { ["value"] = random.Next(1, 10_000) / 100m };
        item["email"] = random.Next(150) == 0 ? $"p{random.Next(30)}@shop.example" : null;
        var context = new JsonObject { ["page"] = new JsonObject { ["url"] = $"https://shop.example/{random.Next(6)}" } };
        if (Sources[random.Next(Sources.Length)] is { } source && random.Next(3) == 0)
        {
            (context["utm_source"], context["utm_campaign"]) = (source, random.Next(3) == 0 ? "spring" : "brand");
        }
        else if (random.Next(20) == 0)
        {
            context["referrer"] = "https://www.google.com/";
        }

        item["context"] = context;
        return item;
    }

    private void Load()
    {
        duck.Open();
        Run(
            """
            CREATE TABLE events (browser VARCHAR, ts BIGINT, event_id VARCHAR, session VARCHAR, event VARCHAR, page VARCHAR, touch VARCHAR, counts BOOLEAN, name VARCHAR, value BIGINT);
            CREATE TABLE identities (browser VARCHAR, ts BIGINT, event_id VARCHAR, name VARCHAR, email VARCHAR, account VARCHAR);
            """);
        Copy("events", "SELECT glue_user_id, timestamp, event_id, session_id, event, path, touch, touch_counts, name, CAST(round((properties ->> 'value') * 1000000) AS INTEGER) FROM events");
        Copy("identities", "SELECT glue_user_id, timestamp, event_id, name, email_key, user_id FROM identities WHERE kind = 'identify'");
        Run(
            $$"""
            -- A place in time: ids decide between what happened at once.
            CREATE MACRO place(ts, id) AS printf('%015d ', ts) || id;
            CREATE TABLE ties AS SELECT email, max_by(account, place(ts, event_id)) AS account FROM identities WHERE email IS NOT NULL AND account IS NOT NULL GROUP BY email;
            CREATE TABLE named AS
            SELECT i.browser, i.ts, place(i.ts, i.event_id) AS k, CASE WHEN i.account IS NULL AND t.account IS NOT NULL THEN 'account:' || t.account ELSE i.name END AS person
            FROM identities i LEFT JOIN ties t ON t.email = i.email WHERE i.name IS NOT NULL;
            CREATE TABLE facts AS
            SELECT e.*, place(e.ts, e.event_id) AS k, coalesce(
              CASE WHEN e.name LIKE 'email:%' THEN coalesce((SELECT 'account:' || t.account FROM ties t WHERE 'email:' || t.email = e.name), e.name) ELSE e.name END,
              (SELECT max_by(n.person, n.k) FROM named n WHERE n.browser = e.browser AND n.k <= place(e.ts, e.event_id)),
              (SELECT min_by(n.person, n.k) FROM named n WHERE n.browser = e.browser),
              'browser:' || e.browser) AS person,
              touch ->> '$.utm_source' AS source, touch ->> '$.utm_campaign' AS campaign, touch ->> '$.referrer' AS referrer
            FROM events e;
            -- Without an id, a session ends with a pause of half an hour.
            CREATE TABLE visits AS
            SELECT *, coalesce('id ' || session, 'pause ' || sum(pauses) OVER (PARTITION BY person, browser, session ORDER BY k)) AS sid
            FROM (SELECT *, CASE WHEN ts - lag(ts) OVER (PARTITION BY person, browser, session ORDER BY k) < 1800000 THEN 0 ELSE 1 END AS pauses FROM facts);
            CREATE TABLE sessions AS
            SELECT person, browser, sid, min(ts) AS first, max(ts) AS last, count(*) AS n, min(k) AS k, min(event) AS event, bool_or(ts {{InRange}}) AS kept,
              min(ts) FILTER (WHERE ts {{InRange}}) AS first_kept, count(*) FILTER (WHERE ts {{InRange}}) AS events, min_by(coalesce(source, ''), k) FILTER (WHERE counts) AS source, bool_or(counts) AS arrived
            FROM visits GROUP BY person, browser, sid;
            -- Equal arrivals of one session are one; a session without any is one by itself.
            CREATE TABLE arrivals AS
            SELECT person, min(ts) AS ts, min(k) AS k, source, true AS counts FROM visits WHERE counts GROUP BY person, browser, sid, source, campaign, referrer
            UNION ALL SELECT person, first, k, NULL, false FROM sessions WHERE NOT arrived;
            """);
    }

    private async Task CompareOverviewAsync()
    {
        var report = await ReadAsync($"overview?{Range}&interval=day&conversion=purchase&value=value&limit=1000");
        var totals = report["totals"]!;
        Assert.Equal(
            Rows(
                $"""
                SELECT (SELECT count(DISTINCT person) FROM sessions WHERE kept),
                  (SELECT count(*) FROM (SELECT person FROM visits GROUP BY person HAVING min(ts) {InRange})),
                  (SELECT count(*) FROM (SELECT person FROM named GROUP BY person HAVING min(ts) {InRange})),
                  (SELECT count(*) FROM sessions WHERE kept),
                  (SELECT count(*) FROM visits WHERE ts {InRange} AND event = 'page_view'),
                  (SELECT count(*) FROM visits WHERE ts {InRange}),
                  (SELECT count(*) FROM visits WHERE ts {InRange} AND event = 'purchase'),
                  (SELECT sum(value) FROM visits WHERE ts {InRange} AND event = 'purchase'),
                  (SELECT count(*) FROM sessions WHERE kept AND n = 1 AND event = 'page_view'),
                  (SELECT seconds FROM (SELECT last - first AS seconds, row_number() OVER (ORDER BY last - first) AS place, count(*) OVER () AS all_of FROM sessions WHERE kept AND n > 1) WHERE place = (all_of + 1) // 2)
                """)[0],
            string.Join(' ', Totals.Select(name => totals[name]!.ToJsonString()))
                + $" {(long)((decimal)totals["value"]! * 1_000_000)} {Math.Round((decimal)totals["bounce_rate"]! * (int)totals["sessions"]!)} {(long)((decimal)totals["median_session_seconds"]! * 1_000)}");
        Assert.Equal(
            Rows(
                $"""
                WITH days AS (SELECT ts // {Day} AS day, count(DISTINCT person) AS people, count(*) FILTER (WHERE event = 'page_view') AS views, count(*) AS events FROM visits WHERE ts {InRange} GROUP BY 1)
                SELECT strftime(make_timestamp(day * {Day} * 1000), '%Y-%m-%d'), people, views, events, (SELECT count(*) FROM sessions s WHERE s.first_kept // {Day} = day) FROM days ORDER BY 1
                """),
            report["series"]!.AsArray().Where(point => (int)point!["events"]! > 0).Select(point => $"{((string)point!["time"]!)[..10]} {point["people"]} {point["page_views"]} {point["events"]} {point["sessions"]}"));
        Compare(report, "pages", "page", $"SELECT page, count(DISTINCT person), count(DISTINCT (person, browser, sid)), count(*) FROM visits WHERE ts {InRange} AND event = 'page_view' GROUP BY page");
        Compare(report, "events", "event", $"SELECT event, count(DISTINCT person), count(DISTINCT (person, browser, sid)), count(*) FROM visits WHERE ts {InRange} GROUP BY event");
        Compare(report, "sources", "source", "SELECT CASE WHEN source <> '' THEN source ELSE '-' END, count(DISTINCT person), count(*), sum(events)::BIGINT FROM sessions WHERE kept GROUP BY 1");
    }

    private void Compare(JsonNode report, string list, string key, string sql) => Assert.Equal(
        Rows(sql).Order(StringComparer.Ordinal),
        report[list]!.AsArray().Select(row => $"{row![key] ?? "-"} {row["people"]} {row["sessions"]} {row["events"]}").Order(StringComparer.Ordinal));

    private async Task CompareFunnelAsync()
    {
        var report = await ReadAsync($"funnel?{Range}&steps=page_view,add_to_cart,purchase&window=2d");
        var best =
            $"""
            WITH entries AS (SELECT person, ts, k FROM visits WHERE event = 'page_view' AND ts {InRange}),
            seconds AS (SELECT e.*, (SELECT min(v.k) FROM visits v WHERE v.person = e.person AND v.event = 'add_to_cart' AND v.k > e.k AND v.ts - e.ts <= 2 * {Day}) AS k2 FROM entries e),
            thirds AS (SELECT s.*, (SELECT min(v.k) FROM visits v WHERE v.person = s.person AND v.event = 'purchase' AND v.k > s.k2 AND v.ts - s.ts <= 2 * {Day}) AS k3 FROM seconds s),
            best AS (SELECT *, row_number() OVER (PARTITION BY person ORDER BY k3 IS NULL, k2 IS NULL, k) AS place FROM thirds)
            """;
        string[] waits = ["CAST(k2[:15] AS BIGINT) - ts", "CAST(k3[:15] AS BIGINT) - CAST(k2[:15] AS BIGINT)"];
        string[] counts = ["count(*)", "count(k2)", "count(k3)"];
        string[] names = ["page_view", "add_to_cart", "purchase"];
        Assert.Equal(
            Enumerable.Range(0, 3).Select(step => string.Join(
                ' ',
                Rows($"SELECT count(*) FROM visits WHERE event = '{names[step]}' AND ts {InRange}")[0],
                Rows($"{best} SELECT {counts[step]} FROM best WHERE place = 1")[0],
                step == 0 ? "-" : Rows($"{best}, all_waits AS (SELECT {waits[step - 1]} AS wait FROM best WHERE place = 1 AND k{step + 1} IS NOT NULL), placed AS (SELECT wait, row_number() OVER (ORDER BY wait) AS place, count(*) OVER () AS n FROM all_waits) SELECT wait FROM placed WHERE place = (n * 90 + 99) // 100").SingleOrDefault("-"))),
            report["steps"]!.AsArray().Select(step => $"{step!["events"]} {step["people"]} {(step["p90_seconds"] is { } p90 ? ((long)((decimal)p90 * 1_000)).ToString(CultureInfo.InvariantCulture) : "-")}"));
    }

    private async Task CompareAttributionAsync(string conversion)
    {
        const string lookback = "ts - a.ts <= 864000000";
        var conversions = conversion == "identified"
            ? $"SELECT person, min(ts) AS ts, min(k) AS k, 0 AS value FROM named GROUP BY person HAVING min(ts) {InRange}"
            : $"SELECT person, ts, k, value FROM visits WHERE event = 'purchase' AND ts {InRange}";
        var touches = $"SELECT source, count(DISTINCT person) AS people, count(*) AS touches FROM arrivals WHERE ts {InRange} GROUP BY source";
        var credits = new Dictionary<string, string>
        {
            ["first_touch"] = "SELECT (SELECT min_by(coalesce(v.source, ''), v.k) FROM visits v WHERE v.person = c.person AND v.touch IS NOT NULL) AS source, 1000000 AS credit, value FROM conversions c",
            ["last_touch"] = $"SELECT (SELECT max_by(coalesce(a.source, ''), a.k) FROM arrivals a WHERE a.person = c.person AND a.k <= c.k AND c.{lookback}) AS source, 1000000 AS credit, value FROM conversions c",
            ["linear"] =
                $"""
                SELECT source, CASE WHEN place = 1 THEN 1000000 - (n - 1) * (1000000 // n) ELSE 1000000 // n END AS credit, CASE WHEN place = 1 THEN value - (n - 1) * (value // n) ELSE value // n END AS value
                FROM (SELECT a.source, c.value, row_number() OVER (PARTITION BY c.person, c.k ORDER BY a.k) AS place, count(*) OVER (PARTITION BY c.person, c.k) AS n
                  FROM conversions c JOIN arrivals a ON a.person = c.person AND a.k <= c.k AND c.{lookback} AND a.counts)
                UNION ALL
                SELECT NULL, 1000000, value FROM conversions c WHERE NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.person = c.person AND a.k <= c.k AND c.{lookback} AND a.counts)
                """,
        };
        foreach (var (model, sql) in credits)
        {
            var report = await ReadAsync($"attribution?{Range}&model={model}&conversion={conversion}&value=value&lookback=10d&limit=1000");
            Assert.Equal(
                Rows(
                    $"""
                    WITH conversions AS ({conversions}), touches AS ({touches}), credits AS (SELECT nullif(source, '') AS source, sum(credit)::BIGINT AS credit, sum(value)::BIGINT AS value FROM ({sql}) GROUP BY 1)
                    SELECT coalesce(t.source, c.source, '-'), coalesce(t.people, 0), coalesce(t.touches, 0), coalesce(c.credit, 0), coalesce(c.value, 0)
                    FROM touches t FULL JOIN credits c ON t.source IS NOT DISTINCT FROM c.source
                    """).Order(StringComparer.Ordinal),
                report["rows"]!.AsArray().Select(row => $"{row!["key"] ?? "-"} {row["people"]} {row["touches"]} {(long)((decimal)row["conversions"]! * 1_000_000)} {(long)((decimal)row["value"]! * 1_000_000)}").Order(StringComparer.Ordinal));
        }
    }

    private async Task CompareRetentionAsync()
    {
        var report = await ReadAsync($"retention?{Range}&interval=week");
        const int week = 7 * Day;
        var cohorts = report["cohorts"]!.AsArray().SelectMany(cohort => cohort!["cells"]!.AsArray().Select((cell, i) => (Cell: cell, Text: $"{((string)cohort["time"]!)[..10]} {cohort["people"]} {i} {cell}")))
            .Where(cell => cell.Cell is not null && (int)cell.Cell > 0).Select(cell => cell.Text);
        Assert.Equal(
            Rows(
                $"""
                WITH firsts AS (SELECT person, min(ts) AS first FROM visits GROUP BY person HAVING min(ts) {InRange}),
                cells AS (SELECT DISTINCT v.person, (v.ts - f.first) // {week} AS cell, (f.first - {Start}) // {week} AS cohort FROM visits v JOIN firsts f ON f.person = v.person)
                SELECT strftime(make_timestamp(({Start} + cohort * {week}) * 1000), '%Y-%m-%d'), (SELECT count(*) FROM firsts f WHERE (f.first - {Start}) // {week} = cohort), cell, count(*)
                FROM cells GROUP BY cohort, cell ORDER BY cohort, cell
                """),
            cohorts);
    }

    private void Copy(string table, string sql)
    {
        using var sqlite = new SqliteConnection($"Data Source={app.DatabasePath};Mode=ReadOnly");
        sqlite.Open();
        using var command = sqlite.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        using var appender = duck.CreateAppender(table);
        while (reader.Read())
        {
            var row = appender.CreateRow();
            for (var column = 0; column < reader.FieldCount; column++)
            {
                _ = reader.IsDBNull(column) ? row.AppendNullValue()
                    : reader.GetName(column) == "timestamp" ? row.AppendValue(DateTimeOffset.Parse(reader.GetString(column), CultureInfo.InvariantCulture).ToUnixTimeMilliseconds())
                    : reader.GetName(column) == "touch_counts" ? row.AppendValue(reader.GetInt64(column) == 1)
                    : reader.GetFieldType(column) == typeof(long) ? row.AppendValue(reader.GetInt64(column)) : row.AppendValue(reader.GetString(column));
            }

            row.EndRow();
        }
    }

    private void Run(string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private List<string> Rows(string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(column => Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture))));
        }

        return rows;
    }

    private async Task<JsonNode> ReadAsync(string request) => (await app.GetAsync("/glue/reports/" + request)).IsOk().Json;
}
