using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

public sealed class IdentifyTests : IDisposable
{
    private readonly EdgeApp app = new();

    // The examples of RFC 7396, appendix A, that are objects on both sides.
    public static TheoryData<string, string, string> MergePatches => new()
    {
        { """{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""" },
        { """{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""" },
        { """{"a":"b"}""", """{"a":null}""", "{}" },
        { """{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""" },
        { """{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""" },
        { """{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""" },
        { """{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""" },
        { """{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""" },
        { """{"e":1}""", """{"a":{"bb":{"ccc":null}}}""", """{"e":1,"a":{"bb":{}}}""" },
        { """{"a":1}""", "null", """{"a":1}""" },
        { """{"é":1}""", """{"\u00e9":2}""", """{"é":2}""" },
    };

    [Theory]
    [MemberData(nameof(MergePatches))]
    public async Task Traits_are_a_merge_patch_in_the_order_of_time(string stored, string patch, string merged)
    {
        await IdentifyAsync("in-order", "1", stored);
        await IdentifyAsync("in-order", "2", patch);
        await IdentifyAsync("late", "2", patch);
        await IdentifyAsync("late", "1", stored);

        foreach (var user in new[] { "in-order", "late" })
        {
            var traits = (await app.UserAsync(user)).Json["user"]!["traits"];
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(merged), traits), traits!.ToJsonString());
        }
    }

    [Fact]
    public async Task The_email_is_trimmed_and_its_time_is_when_the_profile_got_it()
    {
        async Task<string> AfterAsync(string time, string email)
        {
            await app.IdentifyAsync($$"""{"glue_user_id":"a","email":"{{email}}","timestamp":"2024-05-0{{time}}T00:00:00Z"}""");
            var user = (await app.UserAsync("a")).Json["user"]!;
            return $"{user["email"]} since {((string)user["identified_at"]!)[9]}";
        }

        Assert.Equal("One@example.com since 2", await AfterAsync("2", " One@example.com "));
        Assert.Equal("one@Example.com since 2", await AfterAsync("3", "one@Example.com"));
        Assert.Equal("two@example.com since 5", await AfterAsync("5", "two@example.com"));
        Assert.Equal("two@example.com since 4", await AfterAsync("4", "TWO@example.com"));
        Assert.Equal("two@example.com since 4", await AfterAsync("1", "two@example.com"));
        Assert.Equal("one@example.com since 6", await AfterAsync("6", "one@example.com"));
    }

    [Fact]
    public async Task A_tracked_visitor_is_new_until_identified()
    {
        await app.TrackAsync("""{"glue_user_id":"a","event":"e"}""");

        Assert.True((bool)(await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).Json["new_user"]!);
        Assert.False((bool)(await app.IdentifyAsync("""{"glue_user_id":"a","email":"b@example.com"}""")).Json["new_user"]!);
    }

    [Fact]
    public async Task Each_identification_is_a_row_of_the_log_and_a_repeated_one_is_not()
    {
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","event_id":"i1"}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","event_id":"i1"}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""");

        Assert.Equal(2, app.Query("SELECT event_id FROM identities").Count);
    }

    [Fact]
    public async Task A_retry_does_not_bring_an_old_email_back()
    {
        const string first = """{"glue_user_id":"a","email":"old@example.com","event_id":"i1"}""";
        await app.IdentifyAsync(first);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"new@example.com","event_id":"i2"}""");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.IdentifyAsync(first);

        Assert.Equal("new@example.com", (string?)(await app.UserAsync("a")).Json["user"]!["email"]);
    }

    [Fact]
    public async Task A_row_inserted_by_hand_is_read_and_then_built_upon()
    {
        app.Execute("INSERT INTO users (glue_user_id, email, traits) VALUES ('worker', 'w@example.com', '{\"plan\":\"gold\",\"seats\":3}')");
        app.Execute("INSERT INTO events (event_id, glue_user_id, event, timestamp) VALUES ('by-hand', 'worker', 'page_view', '2024-01-04T14:00:00.000Z')");
        app.Execute(
            """
            INSERT INTO users (glue_user_id, email, traits, first_seen, attribution, created_at)
            VALUES ('old', 'o@example.com', '{"a":1}', '2023-01-01 00:00:00', '{"first_touch":{"utm_source":"radio","timestamp":"2023-01-01T00:00:00.000Z"}}', '2023-01-01 00:00:00')
            """);

        var worker = (await app.UserAsync("worker")).IsOk().Json;
        Assert.Equal("gold", (string?)worker["user"]!["traits"]!["plan"]);
        Assert.Single(worker["events"]!.AsArray());
        Assert.Equal("2023-01-01T00:00:00.000Z", (string?)(await app.UserAsync("old")).Json["user"]!["first_seen"]);

        // A late identification replays the log, and what was there by hand stands in it.
        await IdentifyAsync("old", "2", """{"b":2}""");
        await IdentifyAsync("old", "1", """{"c":3}""");
        var old = (await app.UserAsync("old")).Json["user"]!;
        Assert.Equal("""{"a":1,"c":3,"b":2}""", old["traits"]!.ToJsonString());
        Assert.Equal("old@example.com", (string?)old["email"]);
        Assert.Equal("radio", (string?)old["attribution"]!["first_touch"]!["utm_source"]);
        Assert.Equal("2023-01-01T00:00:00.000Z", (string?)old["first_seen"]);
    }

    public void Dispose() => app.Dispose();

    private async Task IdentifyAsync(string user, string day, string traits) =>
        (await app.IdentifyAsync(
            $$"""{"glue_user_id":"{{user}}","email":"{{user}}@example.com","event_id":"{{user}}-{{day}}","timestamp":"2024-05-0{{day}}","traits":{{traits}} }""")).IsOk();
}
