using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;
using DbUp.Engine;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Storage;

public sealed class SchemaUpgradeTests : IDisposable
{
    private static readonly SqlScript Later = new("9001_later.sql", "ALTER TABLE users ADD COLUMN nickname TEXT; CREATE INDEX idx_users_nickname ON users (nickname);");

    private static readonly SqlScript Broken = new("9002_broken.sql", "CREATE TABLE half (x); CREATE TABLE users (x);");

    private readonly TempFolder folder = new();

    private DatabaseFile Database => new(folder.File("edge.db"));

    [Fact]
    public void A_new_database_gets_the_documented_tables()
    {
        Apply();

        Assert.Equal(
            ["attribution", "created_at", "email", "first_seen", "glue_user_id", "id", "identified", "identified_at", "last_seen", "traits", "updated_at"],
            Query("SELECT name FROM pragma_table_info('users')").Intersect(
                ["id", "glue_user_id", "email", "traits", "attribution", "first_seen", "last_seen", "identified", "identified_at", "created_at", "updated_at"]).Order());
        Assert.Equal(
            ["created_at", "email", "event", "event_id", "glue_user_id", "id", "properties", "session_id", "timestamp"],
            Query("SELECT name FROM pragma_table_info('events')").Intersect(
                ["id", "event_id", "glue_user_id", "session_id", "event", "timestamp", "properties", "email", "created_at"]).Order());
        Assert.Equal(
            ["idx_events_email", "idx_events_event", "idx_events_glue_user_id", "idx_events_session_id", "idx_events_timestamp", "idx_users_email", "idx_users_glue_user_id"],
            Query("SELECT name FROM sqlite_schema WHERE type = 'index'").Intersect(
                ["idx_users_glue_user_id", "idx_users_email", "idx_events_glue_user_id", "idx_events_session_id", "idx_events_event", "idx_events_timestamp", "idx_events_email"]).Order());
    }

    [Fact]
    public void A_row_that_names_only_what_is_required_gets_the_documented_defaults()
    {
        Apply();

        Query("INSERT INTO users (glue_user_id) VALUES ('a')");
        Query("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('e', 'a', 'x', '2024-01-04T14:00:00.000Z')");

        Assert.Equal(["0"], Query("SELECT identified FROM users"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", Assert.Single(Query("SELECT created_at FROM users WHERE updated_at IS NOT NULL")));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", Assert.Single(Query("SELECT created_at FROM events")));
    }

    [Theory]
    [InlineData("INSERT INTO users (email) VALUES ('x')")]
    [InlineData("INSERT INTO users (glue_user_id) VALUES ('twice'), ('twice')")]
    [InlineData("INSERT INTO users (glue_user_id, traits) VALUES ('a', 'no json')")]
    [InlineData("INSERT INTO users (glue_user_id) VALUES (printf('%256s', 'a'))")]
    [InlineData("INSERT INTO events (event_id, glue_user_id, timestamp) VALUES ('e', 'a', '2024')")]
    [InlineData("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('e', 'a', 'x', '2024'), ('e', 'b', 'x', '2024')")]
    [InlineData("INSERT INTO events (event_id, glue_user_id, event, timestamp, properties) VALUES ('e', 'a', 'x', '2024', '{')")]
    [InlineData("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('e', 'a', printf('%101s', 'x'), '2024')")]
    public void The_documented_rules_hold_for_rows_inserted_by_hand_too(string sql)
    {
        Apply();

        Assert.Equal(19, Assert.Throws<SqliteException>(() => Query(sql)).SqliteErrorCode);
    }

    [Fact]
    public void A_second_start_applies_only_what_is_new_and_keeps_the_rows()
    {
        Apply();
        Query("INSERT INTO users (glue_user_id) VALUES ('a')");
        Apply();
        var before = Query("SELECT scriptname FROM schemaversions");

        Apply(Later);

        Assert.Equal(SchemaUpgrade.Scripts().Select(script => script.Name), before);
        Assert.Equal([.. before, "9001_later.sql"], Query("SELECT scriptname FROM schemaversions ORDER BY 1"));
        Assert.Equal(["a"], Query("SELECT glue_user_id FROM users WHERE nickname IS NULL"));
    }

    [Theory]
    [InlineData("0000_schema.sql")]
    [InlineData("0000_schema.sql#0123456789abcdef")]
    public void A_database_of_another_baseline_is_refused_untouched(string baseline)
    {
        Apply();
        Query($"UPDATE schemaversions SET scriptname = '{baseline}'");
        var before = Dump();

        var failure = Assert.Throws<SchemaException>(() => Apply());

        Assert.Equal(
            "The database has another baseline than this binary, as the schema changes in place until the first release; run the build that made it, or begin with a new file",
            failure.Message);
        Assert.Equal(before, Dump());
    }

    [Fact]
    public void The_name_of_the_baseline_follows_from_its_statements_and_not_from_its_comments()
    {
        var script = SchemaUpgrade.Scripts()[0];

        Assert.Matches("^0000_schema.sql#[0-9a-f]{16}$", script.Name);
        Assert.Equal(SchemaUpgrade.HashOf(script.Contents), SchemaUpgrade.HashOf("-- A comment.\n\n" + script.Contents.Replace("  ", "    ", StringComparison.Ordinal).ReplaceLineEndings("\n  \n")));
        Assert.NotEqual(SchemaUpgrade.HashOf(script.Contents), SchemaUpgrade.HashOf(script.Contents + "CREATE TABLE more (x);"));
    }

    [Fact]
    public void A_broken_script_changes_nothing_nor_do_the_good_ones_before_it()
    {
        Apply();
        Query("INSERT INTO users (glue_user_id) VALUES ('a')");
        var before = Dump();

        var failure = Assert.Throws<SchemaException>(() => Apply(Later, Broken));

        Assert.Contains("9002_broken.sql", failure.Message, StringComparison.Ordinal);
        Assert.Contains("table users already exists", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Dump());
        Apply(Later);
    }

    [Fact]
    public void A_database_that_is_newer_than_the_binary_is_refused_untouched()
    {
        Apply(Later);
        var before = Dump();

        var failure = Assert.Throws<SchemaException>(() => Apply());

        Assert.Equal("The database is newer than this binary: it has 9001_later.sql; run the version that made it, or a later one", failure.Message);
        Assert.Equal(before, Dump());
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_untouched()
    {
        File.WriteAllText(folder.File("edge.db"), new string('x', 4_096));

        Assert.StartsWith(
            $"DATABASE_PATH must be a SQLite database that can be written, or a new file, not '{folder.File("edge.db")}': ",
            Assert.Throws<SchemaException>(() => Apply()).Message,
            StringComparison.Ordinal);
        Assert.Equal(new string('x', 4_096), File.ReadAllText(folder.File("edge.db")));
    }

    public void Dispose() => folder.Dispose();

    private void Apply(params SqlScript[] later) => SchemaUpgrade.Apply(Database.ConnectionString, [.. SchemaUpgrade.Scripts(), .. later]);

    private List<string> Query(string sql) => Database.Query(sql);

    private string Dump() => string.Join('\n', Query("SELECT sql FROM sqlite_schema UNION ALL SELECT scriptname FROM schemaversions UNION ALL SELECT glue_user_id FROM users"));
}
