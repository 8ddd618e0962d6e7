using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

public sealed class IdentifyTests : IDisposable
{
    private readonly ServerApp app = new();

    public static TheoryData<string, string, string> LaterTraits => new()
    {
        { """{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""" },
        { """{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""" },
        { """{"a":"b"}""", """{"a":null}""", "{}" },
        { """{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""" },
        { """{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""" },
        { """{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""" },
        { """{"a":{"b":"c"}}""", """{"a":{"d":"e","f":null}}""", """{"a":{"d":"e","f":null}}""" },
        { """{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""" },
        { """{"e":1}""", """{"a":{"bb":{"ccc":null}}}""", """{"e":1,"a":{"bb":{"ccc":null}}}""" },
        { """{"a":1}""", """{"":2,"b c\"'":12345678901234567890}""", """{"":2,"a":1,"b c\"'":12345678901234567890}""" },
        { """{"a":1}""", "null", """{"a":1}""" },
        { """{"é":1}""", """{"\u00e9":2}""", """{"é":2}""" },
        { """{"😀\u0001\b\u007f\u2028\ue000\"\\":"😀\u0001\b\u007f\u2028\ue000/\/\ud83d\ude00"}""", """{"z":1}""", """{"😀\u0001\b\u007f\u2028\ue000\"\\":"😀\u0001\b\u007f\u2028\ue000//😀","z":1}""" },
    };

    [Theory]
    [MemberData(nameof(LaterTraits))]
    public async Task Traits_merge_by_their_top_level_keys_in_the_order_of_time(string stored, string patch, string merged)
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

        Assert.Empty(app.Differences());
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

    [Theory]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("\\u2028\\u007f\\ue000")]
    [InlineData("\\u0001\\u001f\\b\\t\\n\\f\\r")]
    [InlineData("\\u0022\\u005c\\u002f\\u0027\\u003c")]
    [InlineData("\\u00e9 and é")]
    public async Task A_key_with_escapes_is_the_same_key_whichever_way_it_came_to_the_profile(string key)
    {
        await IdentifyAsync("one", "2", $$"""{"{{key}}":"{{key}}"}""");
        Assert.Empty(app.Differences());

        await IdentifyAsync("one", "3", """{"other":1}""");
        await IdentifyAsync("one", "1", """{"early":1}""");

        Assert.Empty(app.Differences());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse($$"""{"{{key}}":"{{key}}","other":1,"early":1}"""), (await app.UserAsync("one")).Json["user"]!["traits"]));
    }

    public void Dispose() => app.Dispose();

    private async Task IdentifyAsync(string user, string day, string traits) =>
        (await app.IdentifyAsync(
            $$"""{"glue_user_id":"{{user}}","email":"{{user}}@example.com","event_id":"{{user}}-{{day}}","timestamp":"2024-05-0{{day}}","traits":{{traits}} }""")).IsOk();
}
