using DataGlue.Edge.Tests.D1;
using DataGlue.Edge.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>Rows that an owner inserts with the sqlite3 program, or a Worker on D1: read like any other, and never wiped.</summary>
public sealed class RowsByHandTests : IDisposable
{
    private readonly ServerApp app = new();

    [Fact]
    public async Task The_guides_workers_rows_are_adopted_before_they_are_read()
    {
        Run("INSERT INTO users (glue_user_id, email, traits) VALUES ('worker', 'w@example.com', '{\"plan\":\"gold\"}')");
        Run("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('by-hand', 'worker', 'page_view', '2024-01-04 14:00:00')");

        var reply = (await app.UserAsync("worker")).IsOk().Json;

        Assert.Equal("gold", (string?)reply["user"]!["traits"]!["plan"]);
        Assert.True((bool)reply["user"]!["identified"]!);
        Assert.Equal("2024-01-04T14:00:00.000Z", (string?)reply["user"]!["first_seen"]);
        Assert.Equal("2024-01-04T14:00:00.000Z", (string?)reply["events"]![0]!["timestamp"]);
        Assert.Equal("{}", reply["events"]![0]!["properties"]!.ToJsonString());
        (await app.PersonAsync("W@example.com")).IsOk();
        Assert.False((bool)(await app.IdentifyAsync("""{"glue_user_id":"worker","email":"w@example.com"}""")).Json["new_user"]!);
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task Identifications_and_events_join_people_in_the_order_of_their_times()
    {
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"ann@example.com","event_id":"i1","timestamp":"2024-01-01"}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"ann@example.com","event_id":"i3","timestamp":"2024-01-05"}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"e4","timestamp":"2024-01-04"}""");
        Run("INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, traits) VALUES ('a', 'i2', 'identify', '2024-01-03 00:00:00', 'Bób@example.com', '{\"n\":1,\"n\":2,\"digits\":12345678901234567890}')");
        Run("INSERT INTO events (event_id, glue_user_id, event, timestamp, email, properties) VALUES ('mail', 'b', 'e', '2024-01-06 00:00:00', 'BÓB@example.com', '{\"url\":\"https://shop.example/?utm_source=mail\"}')");

        var (ann, bob) = ((await app.PersonAsync("ann@example.com")).IsOk().Json, (await app.PersonAsync("bób@example.com")).IsOk().Json);

        Assert.Empty(ann["events"]!.AsArray());
        Assert.Equal(["e4", "mail"], bob["events"]!.AsArray().Select(item => (string)item!["event_id"]!));
        Assert.Equal("""{"digits":12345678901234567890,"n":2}""", bob["user"]!["traits"]!.ToJsonString());
        Assert.Equal("mail", (string?)(await app.UserAsync("b")).Json["user"]!["attribution"]!["last_touch"]!["utm_source"]);
        Assert.Empty(app.Differences());
        Assert.Equal(["1", "1", "1"], app.Query("SELECT starts FROM identities WHERE glue_user_id = 'a' ORDER BY timestamp"));
    }

    [Fact]
    public void Whether_there_are_any_small_indexes_tell()
    {
        using var connection = new SqliteConnection($"Data Source={app.DatabasePath};Mode=ReadOnly;Pooling=False");
        connection.Open();
        foreach (var file in new[] { "rows_by_hand", "events_by_hand", "identities_by_hand", "users_by_hand" })
        {
            using var command = connection.CreateCommand();
            command.CommandText = "EXPLAIN QUERY PLAN " + ProductSql.Reads[file];
            command.Parameters.AddWithValue("@after", 0);
            command.Parameters.AddWithValue("@most", 1);
            using var plan = command.ExecuteReader();
            var walks = new List<string>();
            while (plan.Read())
            {
                walks.AddRange(plan.GetString(3) is var step && (step.StartsWith("SCAN", StringComparison.Ordinal) || step.StartsWith("SEARCH", StringComparison.Ordinal)) ? [step] : []);
            }

            Assert.NotEmpty(walks);
            Assert.All(walks, walk => Assert.True(walk.Contains("_by_hand", StringComparison.Ordinal) || walk == "SCAN CONSTANT ROW", walk));
        }
    }

    [Theory]
    [InlineData("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('odd', 'a', 'e', 'yesterday')")]
    [InlineData("INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email) VALUES ('a', 'odd', 'identify', 'yesterday', 'x@example.com')")]
    public async Task A_row_without_a_time_stays_as_it_is_and_holds_up_no_other(string sql)
    {
        Run(sql);
        Run("INSERT INTO users (glue_user_id, email) VALUES ('a', 'a@example.com')");

        Assert.Equal("a", (string?)(await app.PersonAsync("a@example.com")).IsOk().Json["user"]!["glue_user_id"]);
        Assert.Equal(["1"], app.Query("SELECT (SELECT count(*) FROM events WHERE timestamp = 'yesterday') + (SELECT count(*) FROM identities WHERE timestamp = 'yesterday')"));
    }

    [Fact]
    public async Task A_late_identification_is_patched_in_above_it()
    {
        Run(
            """
            INSERT INTO users (glue_user_id, email, traits, first_seen, attribution, created_at)
            VALUES ('old', 'o@example.com', '{"a":1}', '2023-01-01 00:00:00', '{"first_touch":{"utm_source":"radio","timestamp":"2023-01-01T00:00:00.000Z"}}', '2023-01-01 00:00:00')
            """);
        Assert.Equal("2023-01-01T00:00:00.000Z", (string?)(await app.UserAsync("old")).Json["user"]!["first_seen"]);

        await app.IdentifyAsync("""{"glue_user_id":"old","email":"new@example.com","timestamp":"2024-05-02","traits":{"b":2}}""");
        await app.IdentifyAsync("""{"glue_user_id":"old","email":"late@example.com","timestamp":"2024-05-01","traits":{"c":3}}""");

        var user = (await app.UserAsync("old")).Json["user"]!;
        Assert.Equal("""{"a":1,"b":2,"c":3}""", user["traits"]!.ToJsonString());
        Assert.Equal("new@example.com", (string?)user["email"]);
        Assert.Equal("radio", (string?)user["attribution"]!["first_touch"]!["utm_source"]);
        Assert.Equal("radio", (string?)user["attribution"]!["last_touch"]!["utm_source"]);
        Assert.Equal("2023-01-01T00:00:00.000Z", (string?)user["first_seen"]);
        Assert.Equal("2024-05-02T00:00:00.000Z", (string?)user["last_seen"]);
    }

    [Fact]
    public async Task A_long_value_of_its_traits_stays_in_whatever_words_it_stands()
    {
        var (plain, escaped, spaced) = (new string('x', 600), string.Concat(Enumerable.Repeat("\\/", 600)), string.Concat(Enumerable.Repeat("1, ", 600)));
        Run($$"""INSERT INTO users (glue_user_id, traits) VALUES ('a', '{"plain":"{{plain}}", "escaped":"{{escaped}}", "list":[ {{spaced}} 1]}')""");

        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","traits":{"b":2}}""");

        var traits = (await app.UserAsync("a")).Json["user"]!["traits"]!;
        Assert.Equal(plain, (string?)traits["plain"]);
        Assert.Equal(new string('/', 600), (string?)traits["escaped"]);
        Assert.Equal(601, traits["list"]!.AsArray().Count);
        Assert.Equal(2, (int)traits["b"]!);
    }

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"b":"LONG"}""", """{"a":1,"b":"LONG"}""")]
    [InlineData("""{"b":"LONG"}""", """{"c":"LONG"}""", """{"b":"LONG","c":"LONG"}""")]
    public async Task A_row_that_is_put_in_a_second_time_refuses_no_write(string first, string second, string merged)
    {
        foreach (var traits in new[] { first, second })
        {
            Run($"INSERT OR REPLACE INTO users (glue_user_id, traits) VALUES ('a', '{traits.Replace("LONG", new string('x', 600), StringComparison.Ordinal)}')");
            (await app.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
            (await app.UserAsync("a")).IsOk();
        }

        Assert.Equal(merged.Replace("LONG", new string('x', 600), StringComparison.Ordinal), (await app.UserAsync("a")).Json["user"]!["traits"]!.ToJsonString());
    }

    [Theory]
    [InlineData("track", """{"glue_user_id":"a","event":"e","event_id":"e1","timestamp":1704376800000}""")]
    [InlineData("identify", """{"glue_user_id":"a","email":"a@example.com","event_id":"i1","timestamp":1704376800000}""")]
    public async Task A_repeated_write_of_a_visitor_with_an_event_by_hand_derives_the_profile(string verb, string body)
    {
        await app.PostAsync("/glue/" + verb, body);
        Run("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('by-hand', 'a', 'e', '2023-01-01T00:00:00.000Z')");

        (await app.PostAsync("/glue/" + verb, body)).IsOk();

        Assert.Equal("2023-01-01T00:00:00.000Z", (string?)(await app.UserAsync("a")).Json["user"]!["first_seen"]);
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task An_event_widens_its_times_whatever_their_form()
    {
        Run("INSERT INTO users (glue_user_id, first_seen, last_seen) VALUES ('a', '2024-01-04 14:00:00', '2024-01-04 20:00:00')");

        await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":"2024-01-04T10:00:00Z"}""");

        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal("2024-01-04T10:00:00.000Z", (string?)user["first_seen"]);
        Assert.Equal("2024-01-04T20:00:00.000Z", (string?)user["last_seen"]);
    }

    [Fact]
    public async Task A_direct_visit_does_not_become_its_campaign()
    {
        Run("INSERT INTO users (glue_user_id) VALUES ('a')");

        await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":1704376800010,"context":{"page":{"url":"https://shop.example/"}}}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","timestamp":1704376800011}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":1704376800005,"context":{"utm_source":"google"}}""");

        Assert.Equal("google", (string?)(await app.UserAsync("a")).Json["user"]!["attribution"]!["last_touch"]!["utm_source"]);
    }

    [Fact]
    public async Task An_event_that_is_refused_leaves_it_alone()
    {
        Run("INSERT INTO users (glue_user_id, email) VALUES ('a', 'a@example.com')");
        await app.TrackAsync("""{"glue_user_id":"b","event":"e","event_id":"taken"}""");
        var before = app.Contents();

        await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"taken"}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"x@example.com","event_id":"taken"}""");

        Assert.Equal(before, app.Contents());
    }

    [Fact]
    public async Task Json_that_an_older_sqlite3_lets_through_does_not_break_a_reply()
    {
        Run("INSERT INTO users (glue_user_id) VALUES ('a')");
        Run("UPDATE users SET traits = '{\"x\":1}' || char(0) || 'zz'");

        Assert.Equal("""{"x":1}""", (await app.UserAsync("a")).IsOk().Json["user"]!["traits"]!.ToJsonString());
    }

    [Theory]
    [InlineData("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES (x'4142', 'a', 'e', '2024-01-01T00:00:00.000Z')")]
    [InlineData("INSERT INTO users (glue_user_id, traits) VALUES ('a', x'7b7d')")]
    public void A_blob_is_no_text_and_no_json(string sql)
    {
        Sqlite3.SkipWithout();

        Assert.Contains("BLOB", Assert.ThrowsAny<Exception>(() => Sqlite3.Run(app.DatabasePath, sql)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_id_that_is_no_text_ends_a_read_instead_of_repeating_it()
    {
        Run("INSERT INTO users (glue_user_id) VALUES ('a')");
        Run("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES (CAST(x'ff41' AS TEXT), 'a', 'e', '2024-01-01T00:00:00.000Z')");

        try
        {
            Assert.InRange((await app.UserAsync("a")).Json["events"]!.AsArray().Count, 0, 1);
        }
        catch (HttpRequestException)
        {
            // A broken connection says that the reply is not whole.
        }
    }

    public void Dispose() => app.Dispose();

    private void Run(string sql)
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, sql);
    }
}
