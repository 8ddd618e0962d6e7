using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>Every limit at its exact boundary.</summary>
public sealed class LimitTests : IDisposable
{
    private const int KiB = 1024;

    private static readonly (string Path, string Body, int Most)[] Fields =
    [
        ("/glue/identify", """{"glue_user_id":"FIELD","email":"a@example.com"}""", 255),
        ("/glue/identify", """{"glue_user_id":"a","email":"FIELD@e"}""", 253),
        ("/glue/identify", """{"glue_user_id":"a","user_id":"FIELD"}""", 255),
        ("/glue/identify", """{"glue_user_id":"a","email":"a@example.com","event_id":"FIELD"}""", 255),
        ("/glue/track", """{"glue_user_id":"FIELD","event":"e"}""", 255),
        ("/glue/track", """{"glue_user_id":"a","event":"FIELD"}""", 100),
        ("/glue/track", """{"glue_user_id":"a","event":"e","session_id":"FIELD"}""", 255),
        ("/glue/track", """{"glue_user_id":"a","event":"e","email":"FIELD@e"}""", 253),
        ("/glue/track", """{"glue_user_id":"a","event":"e","user_id":"FIELD"}""", 255),
        ("/glue/track", """{"glue_user_id":"a","event":"e","event_id":"FIELD"}""", 255),
        ("/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"FIELD"}]}""", 100),
        ("/glue/sync", """{"glue_user_id":"a","data":{"events":[{"event":"e","session_id":"FIELD"}]}}""", 255),
        ("/glue/sync", """{"glue_user_id":"FIELD","data":{}}""", 255),
        ("/glue/sync", """{"glue_user_id":"a","event_id":"FIELD","data":{"profile":{"plan":1}}}""", 255),
        ("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"email":"FIELD@e"}}}""", 253),
        ("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"user_id":"FIELD"}}}""", 255),
        ("/glue/sync", """{"glue_user_id":"a","data":{"sessions":[{"session_id":"FIELD"}]}}""", 255),
        ("/glue/sync", """{"glue_user_id":"a","data":{"sessions":[{"id":"FIELD"}]}}""", 255),
    ];

    // A letter of one byte, of three, and of four, which is two in UTF-16: each is one character.
    private static readonly string[] Letters = ["a", "語", "😀"];

    // As JSON: the shortest that is long, one of escapes, numbers, nesting.
    private static readonly string[] LongValues =
    [
        $"\"{new string('x', 510)}\"", $"\"{new string('x', 511)}\"", $"\"{string.Concat(Enumerable.Repeat("\\\"\\n", 400))}\"", $"\"{string.Concat(Enumerable.Repeat("語😀", 400))}\"",
        $"0.{new string('7', 700)}", $"1.{new string('3', 700)}e5", $"[{string.Join(',', Enumerable.Repeat("1.50", 300))}]", $$"""{"a\"b":{{{string.Join(',', Enumerable.Range(0, 90).Select(i => $"\"k{i}\":{i}"))}}} }""".Replace(" ", "", StringComparison.Ordinal),
    ];

    private readonly ServerApp app = new();

    public static TheoryData<string, string, int, string> FieldsAndLetters
    {
        get
        {
            var data = new TheoryData<string, string, int, string>();
            foreach (var (limit, letter) in Fields.SelectMany(limit => Letters.Select(letter => (limit, letter))))
            {
                data.Add(limit.Path, limit.Body, limit.Most, letter);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(FieldsAndLetters))]
    public async Task A_text_field_takes_so_many_characters_and_not_one_more(string path, string body, int most, string letter)
    {
        string Body(int length) => body.Replace("FIELD", string.Concat(Enumerable.Repeat(letter, length)), StringComparison.Ordinal);

        // An item of a batch is refused alone, and so is a part of the data of a sync.
        var limit = body.Contains('@', StringComparison.Ordinal) ? 255 : most;
        var isPart = body[..body.IndexOf("FIELD", StringComparison.Ordinal)] is var before
            && (before.Contains("\"batch\"", StringComparison.Ordinal) || before.Contains("\"data\"", StringComparison.Ordinal));
        var refused = await app.PostAsync(path, Body(most + 1));
        Assert.Equal(isPart ? HttpStatusCode.OK : HttpStatusCode.BadRequest, refused.Status);
        Assert.Matches($"(must be 1 to {limit} characters long|of 1 to {limit} characters)", refused.Body);
        Assert.Empty(app.Query("SELECT event_id FROM events UNION ALL SELECT event_id FROM identities UNION ALL SELECT session_id FROM sessions"));
        (await app.PostAsync(path, Body(1))).IsOk();
        (await app.PostAsync(path, Body(most))).IsOk();
    }

    [Theory]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"a@example.com","traits":{"x":"FILL"}}""", 64 * KiB)]
    [InlineData("/glue/track", """{"glue_user_id":"a","event":"e","properties":{"x":"FILL"}}""", 64 * KiB)]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"events":[{"event":"e","properties":{"x":"FILL"}}]}}""", 1024 * KiB)]
    [InlineData("/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"e","properties":{"x":"FILL"}}]}""", 1024 * KiB)]
    public async Task A_body_takes_so_many_bytes_and_not_one_more(string path, string body, int most)
    {
        string Body(int length) => body.Replace("FILL", new string('x', length - body.Length + 4), StringComparison.Ordinal);

        (await app.PostAsync(path, Body(most + 1))).IsError(
            HttpStatusCode.RequestEntityTooLarge, $"The body is larger than {most} bytes; send less at a time");
        Assert.Empty(app.Contents());
        (await app.PostAsync(path, Body(most))).IsOk();
        Assert.NotEmpty(app.Contents());
    }

    [Theory]
    [InlineData("events", """{"event":"e"}""")]
    [InlineData("sessions", """{"id":"s"}""")]
    public async Task A_sync_takes_up_to_ten_thousand_events_and_sessions(string list, string item)
    {
        string Body(int count) => "{\"glue_user_id\":\"a\",\"data\":{\"" + list + "\":[" + string.Join(',', Enumerable.Repeat(item, count)) + "]}}";

        var over = (await app.SyncAsync(Body(10_001))).IsOk().Json;
        Assert.Equal(10_000, (int)over[list + "_synced"]!);
        Assert.Equal($"data.{list} holds 10001 items and may hold 10000; send the rest in another sync (left out)", (string?)Assert.Single(over["warnings"]!.AsArray()));
        var all = (await app.SyncAsync(Body(10_000))).IsOk().Json;
        Assert.Equal(10_000, (int)all[list + "_synced"]!);
        Assert.Null(all["warnings"]);
    }

    [Theory]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"a@example.com","traits":{"nested":{KEYS}}}""", "traits", 255)]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"traits":{KEYS}}}}""", "data.profile.traits", 256)]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"profile":{KEYS}}}""", "data.profile", 256)]
    public async Task The_traits_of_one_write_have_256_keys_and_not_one_more(string path, string body, string name, int most)
    {
        string Body(int count) => body.Replace(
            "KEYS", string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":1")), StringComparison.Ordinal);

        // A sync leaves them out, and stores the rest.
        var refused = await app.PostAsync(path, Body(most + 1));
        Assert.Contains($"{name} must have at most 256 keys", refused.Body, StringComparison.Ordinal);
        Assert.Equal(path == "/glue/sync" ? HttpStatusCode.OK : HttpStatusCode.BadRequest, refused.Status);
        Assert.Empty(app.Query("SELECT event_id FROM identities"));
        Assert.DoesNotContain("warnings", (await app.PostAsync(path, Body(most))).IsOk().Body, StringComparison.Ordinal);
        Assert.Single(app.Query("SELECT event_id FROM identities"));
    }

    [Theory]
    [InlineData("""{"profile":{"traits":{"x":"FILL"}}}""", "data.profile.traits", 65_536 - 8)]
    [InlineData("""{"profile":{"x":"FILL"}}""", "data.profile", 65_536 - 3)]
    [InlineData("""{"profile":{"attribution":{"first_touch":{"utm_source":"a","x":"FILL"}}}}""", "data.profile.attribution.first_touch", 16_384 - 16)]
    public async Task A_synced_profile_takes_so_many_bytes_and_not_one_more(string data, string name, int most)
    {
        string Body(int length) =>
            $$"""{"glue_user_id":"a","data":{{data.Replace("FILL", new string('x', length), StringComparison.Ordinal)}} }""";

        var limit = name.EndsWith("touch", StringComparison.Ordinal) ? 16_384 : 65_536;
        var refused = (await app.SyncAsync(Body(most + 1))).IsOk().Json;
        Assert.Equal($"{name} must have at most {limit} bytes (left out)", (string?)Assert.Single(refused["warnings"]!.AsArray()));
        Assert.Empty(app.Query("SELECT event_id FROM identities"));
        Assert.Null((await app.SyncAsync(Body(most))).IsOk().Json["warnings"]);
        Assert.Single(app.Query("SELECT event_id FROM identities"));
    }

    [Fact]
    public async Task Traits_of_64_KiB_are_kept_and_what_would_make_more_is_passed_over()
    {
        (await app.IdentifyAsync($$"""{"glue_user_id":"a","email":"a@example.com","timestamp":1704376800001,"traits":{"x":"{{new string('x', 60_000)}}"} }""")).IsOk();
        (await app.IdentifyAsync($$"""{"glue_user_id":"a","email":"b@example.com","timestamp":1704376800002,"traits":{"y":"{{new string('y', 9_000)}}"} }""")).IsOk();
        (await app.IdentifyAsync("""{"glue_user_id":"a","email":"b@example.com","timestamp":1704376800003,"traits":{"z":1}}""")).IsOk();

        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal(["x", "z"], user["traits"]!.AsObject().Select(trait => trait.Key));
        Assert.Equal("b@example.com", (string?)user["email"]);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a[0]")]
    [InlineData("$")]
    [InlineData("#")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("\u0001")]
    [InlineData("Größe 😀")]
    public async Task A_long_value_of_traits_is_shown_whatever_its_key(string name)
    {
        var key = $"\"{System.Text.Json.JsonEncodedText.Encode(name)}\"";
        foreach (var (i, value) in LongValues.Index())
        {
            // The newest of a key is shown, in any order of arrival.
            var user = $"v{i}";
            (await IdentifyAsync(user, 2, $"{{{key}:{value}}}")).IsOk();
            (await IdentifyAsync(user, 1, $"{{{key}:\"old\",\"z\":1}}")).IsOk();

            var shown = Assert.Single(app.Query($"SELECT traits FROM users WHERE glue_user_id = '{user}'"));
            Assert.True(shown.Contains($":{value}", StringComparison.Ordinal) && shown.Contains("\"z\":1", StringComparison.Ordinal), shown[..60]);
            Assert.NotNull((await app.UserAsync(user)).IsOk().Json["user"]!["traits"]![name]);
        }

        Assert.Equal(["512"], app.Query("SELECT max(octet_length(value)) FROM traits"));
        Assert.Empty(app.Differences());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_first_profile_shows_no_more_than_a_later_one(int before)
    {
        for (var i = 0; i < before; i++)
        {
            (await app.IdentifyAsync("""{"glue_user_id":"v","email":"a@example.com","timestamp":1704376800000}""")).IsOk();
        }

        var large = new string('x', 60_000);
        (await app.SyncAsync($$"""{"glue_user_id":"v","synced_at":1704376800001,"data":{"profile":{"b":"{{large}}","traits":{"a":"{{large}}"} } } }""")).IsOk();

        Assert.Equal(["a"], app.Query("SELECT group_concat(key) FROM users, json_each(traits)"));
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task A_key_of_traits_has_255_bytes_and_a_longer_one_stays_in_the_log()
    {
        var (longest, over) = (new string('k', 253) + "é", new string('k', 254) + "é");
        (await IdentifyAsync("v", 1, $$"""{"{{over}}":1,"{{longest}}":2}""")).IsOk();
        (await IdentifyAsync("v", 0, $$"""{"{{over}}":3,"a":4}""")).IsOk();

        Assert.Equal([$$"""{"a":4,"{{longest}}":2}"""], app.Query("SELECT traits FROM users"));
        Assert.Equal(["2"], app.Query($"SELECT count(*) FROM identities WHERE traits LIKE '%{over}%'"));
    }

    [Fact]
    public async Task Traits_show_what_fits_in_64_KiB_in_the_order_of_their_keys()
    {
        // Of the first two 40 bytes are left, which "d" exceeds by one, and "e" fills: its name, its value and four for the signs about them.
        string[] traits = [$$"""{"a":"{{new string('x', 40_000)}}"}""", $$"""{"b":"{{new string('y', 65_536 - 40_040 - 14)}}"}""", $$"""{"c":null}""", $$"""{"d":"{{new string('d', 34)}}"}""", $$"""{"e":"{{new string('e', 33)}}"}"""];
        int[][] orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 1, 4, 0, 2]];
        foreach (var order in orders)
        {
            var user = string.Concat(order);
            foreach (var i in order)
            {
                (await IdentifyAsync(user, i, traits[i])).IsOk();
            }

            Assert.Equal(["a,b,e"], app.Query($"SELECT group_concat(key) FROM users, json_each(traits) WHERE glue_user_id = '{user}'"));
        }
    }

    [Fact]
    public async Task Traits_hold_a_thousand_keys_in_any_order_of_arrival()
    {
        async Task<string> TraitsAsync(string user, IEnumerable<int> order)
        {
            foreach (var i in order)
            {
                var keys = string.Join(',', Enumerable.Range(i * 250, 250).Select(key => $"\"k{key}\":1"));
                (await app.IdentifyAsync($$"""{"glue_user_id":"{{user}}","email":"a@example.com","timestamp":{{1704376800000 + i}},"traits":{{{keys}}} }""")).IsOk();
            }

            return (await app.UserAsync(user)).Json["user"]!["traits"]!.ToJsonString();
        }

        var inOrder = await TraitsAsync("a", [0, 1, 2, 3, 4, 5]);
        Assert.Equal(1_000, System.Text.Json.Nodes.JsonNode.Parse(inOrder)!.AsObject().Count);
        Assert.Equal(inOrder, await TraitsAsync("b", [5, 3, 4, 1, 2, 0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    public async Task A_batch_takes_up_to_a_thousand_items(int count)
    {
        var reply = (await app.BatchAsync(Batch(count))).IsOk();

        Assert.Equal(count, reply.Json["results"]!.AsArray().Count);
        Assert.Equal(count, app.Query("SELECT event_id FROM events").Count);
    }

    [Fact]
    public async Task A_batch_takes_no_more_than_a_thousand_items()
    {
        (await app.BatchAsync(Batch(1_001))).IsError(
            HttpStatusCode.BadRequest, "batch holds 1001 items and may hold 1000; send the rest in another");
        Assert.Empty(app.Contents());
    }

    [Theory]
    [InlineData("100000000000", "1973-03-03T09:46:40.000Z")]
    [InlineData("\"100000000000\"", "1973-03-03T09:46:40.000Z")]
    [InlineData("\"1704376800000\"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\" 2024-01-04T14:00:00Z \"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\"20240104T140000Z\"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\"2024-01-04T16:00:00+02\"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\"2024-01-04t14:00:00,5z\"", "2024-01-04T14:00:00.500Z")]
    [InlineData("\"2024-01-03T24:00:00Z\"", "2024-01-04T00:00:00.000Z")]
    [InlineData("\"2016-12-31T23:59:60Z\"", "2017-01-01T00:00:00.000Z")]
    [InlineData("\"1717329600000\"", "2024-06-02T12:00:00.000Z")]
    [InlineData("\"\"", "2024-06-01T12:00:00.000Z")]
    [InlineData("1704376800000", "2024-01-04T14:00:00.000Z")]
    [InlineData("1704376800000.9", "2024-01-04T14:00:00.000Z")]
    [InlineData("1717329600000", "2024-06-02T12:00:00.000Z")]
    [InlineData("\"1970-01-01\"", "1970-01-01T00:00:00.000Z")]
    [InlineData("\"2024-01-04T14:00\"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\"2024-01-04T14:00:00Z\"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\"2024-01-04T15:00:00.5+01:00\"", "2024-01-04T14:00:00.500Z")]
    [InlineData("\"2024-01-04T15:00:00\\u002B01:00\"", "2024-01-04T14:00:00.000Z")]
    [InlineData("\"2024-01-04T14:00:00.123456789Z\"", "2024-01-04T14:00:00.123Z")]
    [InlineData("\"2024-06-02T12:00:00.000Z\"", "2024-06-02T12:00:00.000Z")]
    [InlineData("null", "2024-06-01T12:00:00.000Z")]
    public async Task An_instant_is_epoch_milliseconds_or_iso_8601_up_to_24_hours_ahead(string sent, string stored)
    {
        (await app.TrackAsync($$"""{"glue_user_id":"a","event":"e","timestamp":{{sent}}}""")).IsOk();

        Assert.Equal(stored, (string?)(await app.UserAsync("a")).Json["events"]![0]!["timestamp"]);
    }

    public void Dispose() => app.Dispose();

    private Task<Reply> IdentifyAsync(string user, int second, string traits) => app.IdentifyAsync(
        $$"""{"glue_user_id":"{{user}}","email":"a@example.com","event_id":"{{user}}-{{second}}","timestamp":{{1704376800000 + (second * 1000)}},"traits":{{traits}} }""");

    private static string Batch(int count) => $$"""
        {"batch":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"type":"track","glue_user_id":"a","event":"e","event_id":"e{{i}}"}"""))}}]}
        """;
}
