using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.People;

/// <summary>One person on several browsers, and several on one.</summary>
public sealed class PersonTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;
    private const string Key = "secret-key-0123456789";
    private const string Public = "public-key-0123456789";

    private readonly ServerApp app = new(("API_KEY", Key), ("WRITE_KEYS", Public), ("REQUIRE_SIGNED_IDENTITY", "off"));

    [Fact]
    public async Task Two_browsers_and_one_email_are_one_journey_from_the_first_anonymous_visit_on()
    {
        await TrackAsync("phone", "ad", 0);
        await TrackAsync("laptop", "visit", 1);
        await IdentifyAsync("laptop", 2, "ann@example.com");
        await TrackAsync("laptop", "order", 3);
        await IdentifyAsync("phone", 4, "Ann@Example.com");

        var person = await PersonAsync("email/ann@example.com");

        Assert.Equal(["ad", "visit", "order"], Ids(person));
        Assert.Equal(["phone", "laptop"], person["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!));
        Assert.Equal(3, (int)person["summary"]!["total_events"]!);
        Assert.False(person["user"]!.AsObject().ContainsKey("user_id"));
    }

    [Fact]
    public async Task On_a_browser_that_changes_hands_each_has_what_was_done_in_the_own_time()
    {
        await TrackAsync("kiosk", "before", 0);
        await IdentifyAsync("kiosk", 1, "ann@example.com", traits: """{"name":"Ann","size":"S"}""");
        await TrackAsync("kiosk", "hers", 2);
        await IdentifyAsync("kiosk", 3, "bob@example.com", traits: """{"name":"Bob"}""");
        await TrackAsync("kiosk", "his", 4);
        await IdentifyAsync("kiosk", 5, "ann@example.com", traits: """{"back":true}""");
        await TrackAsync("kiosk", "again", 6);

        var (ann, bob) = (await PersonAsync("email/ann@example.com"), await PersonAsync("email/bob@example.com"));

        Assert.Equal(["before", "hers", "again"], Ids(ann));
        Assert.Equal(["his"], Ids(bob));
        Assert.Equal("""{"back":true,"name":"Ann","size":"S"}""", ann["user"]!["traits"]!.ToJsonString());
        Assert.Equal("""{"name":"Bob"}""", bob["user"]!["traits"]!.ToJsonString());
        Assert.Equal(["before", "hers", "his", "again"], Ids(await PersonAsync("kiosk")));
    }

    [Fact]
    public async Task An_account_keeps_its_past_when_its_email_changes()
    {
        await IdentifyAsync("laptop", 0, "old@example.com", "u-1", trusted: true);
        await TrackAsync("laptop", "then", 1);
        await IdentifyAsync("phone", 2, "new@example.com", "u-1", trusted: true);
        await TrackAsync("phone", "now", 3);
        await TrackAsync("till", "order", 4, """,  "email":"OLD@example.com" """);

        foreach (var path in new[] { "account/u-1", "email/old@example.com", "email/new@example.com" })
        {
            var person = await PersonAsync(path);
            Assert.Equal(["then", "now", "order"], Ids(person));
            Assert.Equal("u-1", (string?)person["user"]!["user_id"]);
            Assert.Equal(["phone", "laptop"], person["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!));
        }
    }

    [Theory]
    [InlineData("m", "l", "ann")]
    [InlineData("m", "m", "bob")]
    [InlineData("m", "n", "bob")]
    public async Task An_event_in_the_millisecond_of_an_identification_is_whose_the_ids_say(string identification, string @event, string whose)
    {
        await IdentifyAsync("a", 0, "ann@example.com");
        await PostAsync("sync", $$"""{"glue_user_id":"a","event_id":"{{identification}}","synced_at":{{Epoch + 1_000}},"data":{"profile":{"email":"bob@example.com"} } }""");
        await TrackAsync("a", @event, 1);

        Assert.Equal([@event], Ids(await PersonAsync($"email/{whose}@example.com")));
    }

    [Theory]
    [InlineData(false, false, "ann@example.com", "u-1", "u-2")]
    [InlineData(true, false, "u-1", "ann@example.com u-1", "u-2")]
    [InlineData(false, true, "u-2", "u-1", "ann@example.com u-2")]
    [InlineData(true, true, "u-2", "u-1", "ann@example.com u-2")]
    public async Task An_email_that_two_accounts_name_belongs_to_the_newest_that_is_trusted_or_to_none(bool first, bool second, string owner, string ofFirst, string ofSecond)
    {
        await IdentifyAsync("a", 0, "ann@example.com", "u-1", first);
        await IdentifyAsync("b", 1, "ann@example.com", "u-2", second);
        await TrackAsync("c", "mail", 2, """,  "email":"ann@example.com" """);
        await TrackAsync("a", "one", 3);
        await TrackAsync("b", "two", 4);

        var mail = await PersonAsync("email/ann@example.com");
        Assert.Equal(owner.StartsWith("u-", StringComparison.Ordinal) ? owner : null, (string?)mail["user"]!["user_id"]);
        Assert.Equal(ofFirst.Contains("ann@", StringComparison.Ordinal) ? ["mail", "one"] : ["one"], Ids(await PersonAsync("account/u-1")));
        Assert.Equal(ofSecond.Contains("ann@", StringComparison.Ordinal) ? ["mail", "two"] : ["two"], Ids(await PersonAsync("account/u-2")));
    }

    [Fact]
    public async Task The_first_thousand_spans_of_a_browser_count_and_the_others_join_nobody()
    {
        var items = Enumerable.Range(0, 1_002).Select(i =>
            $$"""{"type":"identify","glue_user_id":"a","email":"e{{i}}@example.com","event_id":"i{{i:0000}}","timestamp":{{Epoch + (i * 10)}}}""").ToList();
        foreach (var part in items.Chunk(501))
        {
            await PostAsync("batch", "{\"batch\":[" + string.Join(',', part) + "]}");
        }

        foreach (var i in new[] { 998, 999, 1_000, 1_001 })
        {
            await PostAsync("track", $$"""{"glue_user_id":"a","event":"e","event_id":"t{{i}}","timestamp":{{Epoch + (i * 10) + 5}}}""");
        }

        Assert.Equal(["t998"], Ids(await PersonAsync("email/e998@example.com")));
        Assert.Equal(["t999"], Ids(await PersonAsync("email/e999@example.com")));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/e1000@example.com")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/e1001@example.com")).Status);
    }

    [Fact]
    public async Task Names_of_one_person_in_a_row_are_one_span_however_many()
    {
        foreach (var part in Enumerable.Range(0, 2_400).Chunk(600))
        {
            await PostAsync("batch", "{\"batch\":[" + string.Join(',', part.Select(i =>
                $$"""{"type":"identify","glue_user_id":"a","email":"ann@example.com",{{(i % 2 == 0 ? "" : "\"user_id\":\"u-1\",")}}"event_id":"i{{i:0000}}","timestamp":{{Epoch + i}}}""")) + "]}");
        }

        await TrackAsync("a", "hers", 10);
        await IdentifyAsync("a", 11, "bob@example.com");
        await TrackAsync("a", "his", 12);

        Assert.Equal(["hers"], Ids(await PersonAsync("email/ann@example.com")));
        Assert.Equal(["his"], Ids(await PersonAsync("email/bob@example.com")));
    }

    [Fact]
    public async Task The_email_in_front_is_the_persons_own()
    {
        await IdentifyAsync("kiosk", 1, "Ann@example.com");
        await IdentifyAsync("kiosk", 2, "bob@example.com");

        Assert.Equal("Ann@example.com", (string?)(await PersonAsync("email/ann@example.com"))["user"]!["email"]);
        Assert.Equal("bob@example.com", (string?)(await PersonAsync("email/bob@example.com"))["user"]!["email"]);
    }

    [Fact]
    public async Task In_front_is_the_profile_seen_last_of_those_that_a_trusted_identification_joined()
    {
        await IdentifyAsync("sure", 0, "ann@example.com", trusted: true);
        await IdentifyAsync("perhaps", 9, "ann@example.com");

        var person = await PersonAsync("email/ann@example.com");

        Assert.Equal("sure", (string?)person["user"]!["glue_user_id"]);
        Assert.Equal(["perhaps", "sure"], person["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!));
        Assert.Equal(
            ["perhaps False page False", "sure True server False"],
            person["identifications"]!.AsArray().Select(item => $"{item!["glue_user_id"]} {(bool)item["trusted"]!} {item["source"]} {(bool)item["claim"]!}").Order());
    }

    [Fact]
    public async Task A_claim_is_shown_and_joins_nobody()
    {
        using var strict = new ServerApp(("API_KEY", Key), ("WRITE_KEYS", Public), ("IDENTITY_SECRET", "a-secret"), ("REQUIRE_SIGNED_IDENTITY", "on"));
        async Task SendAsync(string verb, string body, string key) => (await strict.SendAsync("POST", "/glue/" + verb, body, ("x-api-key", key))).IsOk();
        await SendAsync("identify", """{"glue_user_id":"a","email":"ann@example.com","event_id":"i1","timestamp":1704376800000}""", Key);
        await SendAsync("track", """{"glue_user_id":"a","event":"e","event_id":"hers","timestamp":1704376800001}""", Public);
        await SendAsync("identify", """{"glue_user_id":"b","email":"ann@example.com","event_id":"i2","timestamp":1704376800000}""", Public);
        await SendAsync("track", """{"glue_user_id":"b","event":"e","event_id":"not-hers","email":"ann@example.com","timestamp":1704376800001}""", Public);

        var person = (await strict.SendAsync("GET", "/glue/user/email/ann@example.com", null, ("x-api-key", Key))).IsOk().Json;

        Assert.Equal(["hers"], Ids(person));
        Assert.Equal(["i1 False", "i2 True"], person["identifications"]!.AsArray().Select(item => $"{item!["event_id"]} {(bool)item["claim"]!}"));
    }

    public void Dispose() => app.Dispose();

    private static IEnumerable<string> Ids(JsonNode reply) => reply["events"]!.AsArray().Select(item => (string)item!["event_id"]!);

    private async Task PostAsync(string verb, string body, bool trusted = false) =>
        (await app.SendAsync("POST", "/glue/" + verb, body, ("x-api-key", trusted ? Key : Public))).IsOk();

    private Task TrackAsync(string user, string id, int second, string more = "") =>
        PostAsync("track", $$"""{"glue_user_id":"{{user}}","event":"e","event_id":"{{id}}","timestamp":{{Epoch + (second * 1_000)}}{{more}} }""");

    private Task IdentifyAsync(string user, int second, string email, string? account = null, bool trusted = false, string traits = "{}") => PostAsync(
        "identify",
        $$"""{"glue_user_id":"{{user}}","email":"{{email}}",{{(account is null ? "" : $"\"user_id\":\"{account}\",")}}"event_id":"i-{{user}}-{{second}}","timestamp":{{Epoch + (second * 1_000)}},"traits":{{traits}} }""",
        trusted);

    private Task<Reply> GetAsync(string path) => app.SendAsync("GET", "/glue/user/" + path, null, ("x-api-key", Key));

    private async Task<JsonNode> PersonAsync(string path) => (await GetAsync(path)).IsOk().Json;
}
