using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>Who said so: what comes with a secret key, or a signature, stands above what a page says.</summary>
public sealed class TrustTests : IDisposable
{
    private const string Key = "secret-key-0123456789";
    private const string Secret = "identity-secret-0123456789";

    private readonly ServerApp app = new(
        ("API_KEY", Key), ("WRITE_KEYS", "public-key-0123456789"), ("IDENTITY_SECRET", Secret), ("REQUIRE_SIGNED_IDENTITY", "on"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trusted_event_has_its_id_whoever_came_first(bool trustedFirst)
    {
        const string Shop = """{"glue_user_id":"shop","event":"order","event_id":"order-2001","timestamp":1704376800000,"properties":{"total":9}}""";
        const string Stranger = """{"glue_user_id":"stranger","event":"page_view","event_id":"order-2001","timestamp":1704376801000,"context":{"utm_source":"x"}}""";
        var replies = new Dictionary<bool, Reply>();
        foreach (var trusted in new[] { trustedFirst, !trustedFirst, false, true })
        {
            replies[trusted] = trusted ? await TrustedAsync("track", Shop) : await PublicAsync("track", Stranger);
        }

        Assert.Equal("order-2001", (string?)replies[true].IsOk().Json["event_id"]);
        var other = (string)replies[false].IsOk().Json["event_id"]!;
        Assert.Matches("^evt_[0-9a-z]{1,13}$", other);
        Assert.All(replies.Values, reply => Assert.True((bool)reply.Json["duplicate"]!));
        Assert.Equal(
            [$"{other}|stranger|0|page", "order-2001|shop|1|server"],
            app.Query("SELECT event_id || '|' || glue_user_id || '|' || trusted || '|' || source FROM events ORDER BY glue_user_id DESC"));
        Assert.Empty(app.Differences());
    }

    [Theory]
    [InlineData("track")]
    [InlineData("identify")]
    public async Task A_trusted_write_has_its_id_also_where_the_next_id_of_a_public_event_was_taken_in_advance(string verb)
    {
        // A stranger learns on another site under which id his event will stand.
        const string Public = """{"glue_user_id":"stranger","event":"e","event_id":"order-1"}""";
        (await TrustedAsync("track", """{"glue_user_id":"shop","event":"order","event_id":"order-1"}""")).IsOk();
        var next = (string)(await PublicAsync("track", Public)).IsOk().Json["event_id"]!;
        using var other = new ServerApp(("API_KEY", Key), ("WRITE_KEYS", "public-key-0123456789"));
        foreach (var body in new[] { Public.Replace("stranger", "accomplice", StringComparison.Ordinal).Replace("order-1", next, StringComparison.Ordinal), Public })
        {
            (await other.SendAsync("POST", "/glue/track", body, ("x-api-key", "public-key-0123456789"))).IsOk();
        }

        var shop = await other.SendAsync("POST", "/glue/" + verb, """{"glue_user_id":"shop","event":"order","email":"s@example.com","event_id":"order-1"}""", ("x-api-key", Key));

        shop.IsOk();
        Assert.Equal(["shop"], other.Query("SELECT glue_user_id FROM events WHERE event_id = 'order-1' UNION SELECT glue_user_id FROM identities WHERE event_id = 'order-1'"));
        Assert.Equal(["accomplice"], other.Query($"SELECT glue_user_id FROM events WHERE event_id = '{next}'"));
        Assert.Matches("^evt_[0-9a-z]{1,13}$", Assert.Single(other.Query("SELECT event_id FROM events WHERE glue_user_id = 'stranger'")));
        Assert.Empty(other.Differences());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trusted_identification_has_its_id_too(bool trustedFirst)
    {
        foreach (var trusted in new[] { trustedFirst, !trustedFirst })
        {
            _ = trusted
                ? (await TrustedAsync("identify", """{"glue_user_id":"shop","email":"shop@example.com","event_id":"i-1"}""")).IsOk()
                : (await PublicAsync("track", """{"glue_user_id":"stranger","event":"e","event_id":"i-1"}""")).IsOk();
        }

        Assert.DoesNotContain("i-1", app.Query("SELECT event_id FROM events"));
        Assert.Equal(["i-1"], app.Query("SELECT event_id FROM identities WHERE glue_user_id = 'shop'"));
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task Two_writes_of_equal_trust_do_not_share_an_id()
    {
        (await TrustedAsync("track", """{"glue_user_id":"a","event":"e","event_id":"x"}""")).IsOk();
        (await PublicAsync("track", """{"glue_user_id":"a","event":"e","event_id":"y"}""")).IsOk();
        var before = app.Contents();

        Assert.Equal(HttpStatusCode.Conflict, (await TrustedAsync("track", """{"glue_user_id":"b","event":"e","event_id":"x"}""")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await PublicAsync("track", """{"glue_user_id":"b","event":"e","event_id":"y"}""")).Status);

        Assert.Equal(before, app.Contents());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_reports_the_trusted_one_stands_and_takes_only_a_missing_touch(bool trustedFirst)
    {
        const string Trusted = """{"glue_user_id":"a","event":"buy","event_id":"x","timestamp":1704376809000,"properties":{"total":9}}""";
        const string Public = """{"glue_user_id":"a","event":"gift","event_id":"x","timestamp":1704376800000,"email":"p@example.com","context":{"utm_source":"mail"}}""";
        foreach (var trusted in new[] { trustedFirst, !trustedFirst })
        {
            (trusted ? await TrustedAsync("track", Trusted) : await PublicAsync("track", Public)).IsOk();
        }

        Assert.Equal(
            ["""["buy","2024-01-04T14:00:09.000Z",{"total":9},null,null,{"utm_source":"mail"},1,"server"]"""],
            app.Query("SELECT json_array(event, timestamp, json(properties), email, context, json(touch), trusted, source) FROM events"));
        Assert.Empty(app.Differences());
    }

    [Theory]
    [InlineData("""{"user_id":"u-1"}""", "u-1")]
    [InlineData("""{"email":" A@example.com "}""", "A@example.com")]
    [InlineData("""{"user_id":"u-1","email":"A@example.com"}""", "u-1\nA@example.com")]
    public async Task A_signature_of_the_sites_back_end_makes_an_identification_trusted(string names, string message)
    {
        var body = JsonNode.Parse(names)!;
        body["glue_user_id"] = "a";
        body["signature"] = Sign(message);

        (await PublicAsync("identify", body.ToJsonString())).IsOk();

        Assert.Equal(["1|page"], app.Query("SELECT trusted || '|' || source FROM identities"));
        Assert.Equal(["1"], app.Query("SELECT identified FROM users"));
    }

    [Theory]
    [InlineData("A@example.com", false)]
    [InlineData("a@example.com", true)]
    public async Task A_wrong_signature_is_a_400_and_stores_nothing(string message, bool upperCase)
    {
        var signature = upperCase ? Sign(message).ToUpperInvariant() : Sign(message);
        var reply = await PublicAsync("identify", $$"""{"glue_user_id":"a","email":"a@example.com","signature":"{{signature}}"}""");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("signature is wrong; it must be the HMAC-SHA256", reply.Error, StringComparison.Ordinal);
        Assert.Empty(app.Contents());
    }

    [Fact]
    public async Task Without_a_signature_a_page_only_claims_and_a_claim_is_kept_and_joins_nobody()
    {
        (await PublicAsync("identify", """{"glue_user_id":"a","email":"a@example.com","traits":{"plan":"pro"}}""")).IsOk();
        (await PublicAsync("track", """{"glue_user_id":"a","event":"e","email":"b@example.com","event_id":"e1"}""")).IsOk();
        (await TrustedAsync("track", """{"glue_user_id":"a","event":"e","email":"c@example.com","event_id":"e2"}""")).IsOk();

        Assert.Equal(["1||a@example.com|0"], app.Query("SELECT claim || '|' || coalesce(name, '') || '|' || email || '|' || trusted FROM identities"));
        Assert.Equal(["e1|1", "e2|0"], app.Query("SELECT event_id || '|' || claim FROM events ORDER BY event_id"));
        var events = (await app.SendAsync("GET", "/glue/user/a", null, ("x-api-key", Key))).IsOk().Json["events"]!.AsArray();
        Assert.Equal(
            ["False page True", "True server "],
            events.OrderBy(item => (string)item!["event_id"]!).Select(item => $"{item!["trusted"]} {item["source"]} {item["claim"]}".Replace("false", "False", StringComparison.Ordinal).Replace("true", "True", StringComparison.Ordinal)));
        Assert.Equal(["0||{\"plan\":\"pro\"}"], app.Query("SELECT identified || '|' || coalesce(email, '') || '|' || traits FROM users"));
        Assert.Empty(app.Differences());
    }

    [Theory]
    [InlineData("on", 1)]
    [InlineData("off", 0)]
    public async Task What_was_decided_stays_when_the_setting_changes(string first, int claim)
    {
        using var folder = new TempFolder();
        foreach (var setting in new[] { first, first == "on" ? "off" : "on" })
        {
            using var server = new ServerApp(("DATABASE_PATH", folder.File("kept.db")), ("IDENTITY_SECRET", Secret), ("REQUIRE_SIGNED_IDENTITY", setting));
            (await server.TrackAsync("""{"glue_user_id":"a","event":"e","email":"b@example.com","event_id":"e1","timestamp":1704376800000}""")).IsOk();
            (await server.IdentifyAsync("""{"glue_user_id":"a","email":"b@example.com","event_id":"i1","timestamp":1704376800000}""")).IsOk();
        }

        var database = new DatabaseFile(folder.File("kept.db"));
        Assert.Equal([$"{claim}"], database.Query("SELECT claim FROM events"));
        Assert.Equal([claim == 1 ? "1|" : "0|email:b@example.com"], database.Query("SELECT claim || '|' || coalesce(name, '') FROM identities"));
    }

    public void Dispose() => app.Dispose();

    private static string Sign(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(text)));

    private Task<Reply> TrustedAsync(string verb, string body) => app.SendAsync("POST", "/glue/" + verb, body, ("x-api-key", Key));

    private Task<Reply> PublicAsync(string verb, string body) => app.SendAsync("POST", "/glue/" + verb, body, ("x-api-key", "public-key-0123456789"));
}
