using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.People;

/// <summary>DELETE /glue/identifications: all is then as if the identification had never come.</summary>
public sealed class TakeBackTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;
    private const string Key = "secret-key-0123456789";
    private const string Public = "public-key-0123456789";

    private static readonly string?[] Emails = [null, "a@example.com", "b@example.com"];
    private static readonly string?[] Accounts = [null, null, "one"];
    private static readonly string[] Traits = ["{}", """{"n":1}""", """{"n":2,"m":"LONG"}""", """{"m":null}"""];

    private static readonly Gen<Fact> AnyFact = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 1], Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 3],
        (verb, browser, time, email, account, traits, more) => new Fact(verb, browser, Epoch + time, Emails[email], Accounts[account], Traits[traits], more == 0, more == 1));

    private readonly ServerApp app = new(("API_KEY", Key), ("WRITE_KEYS", Public));
    private int runs;

    [Fact]
    public void What_is_left_is_what_would_have_been_without_it() => Gen.Select(AnyFact.Array[1, 10], Gen.Int).Sample(
        (facts, seed) =>
        {
            var random = new Random(seed);
            var given = facts.Select((fact, i) => fact with { Id = $"{random.Next(100):00}-{i:00}", Email = fact.IsEmpty ? "c@example.com" : fact.Email }).ToArray();
            var back = given.Where(fact => fact.IsIdentification && random.Next(3) == 0).ToHashSet();

            // Whom it named, a sync that comes later names again: that is another rule.
            var (with, without) = ($"w{++runs:0000}", $"o{runs:0000}");
            Send(given.OrderBy(_ => random.Next()), with);
            foreach (var fact in back)
            {
                Delete($"{with}{fact.Id}", $"{with}{fact.Browser}").IsOk();
            }

            Send(given.Except(back).OrderBy(_ => random.Next()), without);
            Assert.Equal(Rows(without), Rows(with));

            // It stays back, whatever comes again.
            Send(given.Where(fact => fact.Verb != 3 || !back.Any(taken => taken.Browser == fact.Browser)).OrderBy(_ => random.Next()), with);
            Assert.Equal(Rows(without), Rows(with));
        },
        iter: 150, threads: 1, print: sample => string.Join('\n', sample.Item1.Select(fact => fact.ToString())));

    [Fact]
    public async Task Its_id_is_a_duplicate_then()
    {
        await PostAsync("identify", """{"glue_user_id":"a","email":"a@example.com","event_id":"i1","traits":{"n":1}}""");
        Delete("i1").IsOk();

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/a@example.com")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("a")).Status);
        foreach (var key in new[] { Public, Key })
        {
            var again = await app.SendAsync(
                "POST", "/glue/batch", """{"batch":[{"type":"identify","glue_user_id":"a","email":"a@example.com","event_id":"i1","traits":{"n":1}}]}""", ("x-api-key", key));
            Assert.Equal("duplicate", (string?)again.IsOk().Json["results"]![0]!["status"]);
        }

        Delete("i1").IsOk();
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/a@example.com")).Status);
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task A_synced_profile_that_names_the_same_is_a_claim_until_the_browser_identifies_anew()
    {
        await PostAsync("track", """{"glue_user_id":"kiosk","event":"e","event_id":"e1"}""");
        await PostAsync("identify", """{"glue_user_id":"kiosk","email":"ann@example.com","event_id":"i1"}""");
        Delete("i1").IsOk();

        await PostAsync("sync", """{"glue_user_id":"kiosk","data":{"profile":{"email":"Ann@example.com","plan":"pro"}}}""");
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/ann@example.com")).Status);
        Assert.Equal("pro", (string?)(await GetAsync("kiosk")).IsOk().Json["user"]!["traits"]!["plan"]);

        await PostAsync("sync", """{"glue_user_id":"kiosk","data":{"profile":{"email":"bob@example.com"}}}""");
        Assert.Equal(["e1"], Ids((await GetAsync("email/bob@example.com")).IsOk()));

        await PostAsync("identify", """{"glue_user_id":"kiosk","email":"ann@example.com","event_id":"i2"}""");
        await PostAsync("sync", """{"glue_user_id":"kiosk","data":{"profile":{"email":"ann@example.com","plan":"free"}}}""");
        var claims = (await GetAsync("email/ann@example.com")).IsOk().Json["identifications"]!.AsArray().Select(item => (bool)item!["claim"]!);
        Assert.Equal([false, false, true], claims.Order());
    }

    [Fact]
    public async Task A_synced_profile_that_gives_only_the_email_of_an_account_that_was_taken_back_is_a_claim_too()
    {
        await PostAsync("identify", """{"glue_user_id":"laptop","email":"ann@example.com","user_id":"u-1","event_id":"i0"}""");
        await PostAsync("identify", """{"glue_user_id":"kiosk","email":"ann@example.com","user_id":"u-1","event_id":"i1"}""");
        await PostAsync("track", """{"glue_user_id":"kiosk","event":"e","event_id":"e1"}""");
        Delete("i1").IsOk();

        await PostAsync("sync", """{"glue_user_id":"kiosk","data":{"profile":{"email":"ann@example.com"}}}""");
        Assert.Empty(Ids((await GetAsync("account/u-1")).IsOk()));

        await PostAsync("batch", """
            {"batch":[{"type":"identify","glue_user_id":"kiosk","email":"ann@example.com","user_id":"u-1","event_id":"i2"},
             {"type":"sync","glue_user_id":"kiosk","event_id":"s2","data":{"profile":{"email":"ann@example.com"}}}]}
            """);
        Assert.Equal(["e1"], Ids((await GetAsync("account/u-1")).IsOk()));
        Assert.Equal(["0"], app.Query("SELECT claim FROM identities WHERE event_id = 's2'"));
    }

    [Fact]
    public async Task The_rule_of_synced_profiles_holds_after_a_restart()
    {
        using var folder = new TempFolder();
        using (var before = new ServerApp(("DATABASE_PATH", folder.File("data.db"))))
        {
            await before.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","event_id":"i1"}""");
            (await before.SendAsync("DELETE", "/glue/identifications/i1")).IsOk();
        }

        using var after = new ServerApp(("DATABASE_PATH", folder.File("data.db")));
        await after.PostAsync("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"email":"a@example.com"}}}""");
        Assert.Equal(HttpStatusCode.NotFound, (await after.PersonAsync("a@example.com")).Status);
    }

    [Fact]
    public async Task A_rule_of_the_owner_that_does_not_allow_it_is_told()
    {
        await PostAsync("identify", """{"glue_user_id":"a","email":"a@example.com","event_id":"i1"}""");
        app.Query("CREATE TRIGGER keep BEFORE UPDATE OF taken_back ON identities BEGIN SELECT RAISE(ABORT, 'kept'); END");

        Delete("i1").IsError(HttpStatusCode.BadRequest, "The database refused this write; a rule of its owner does not allow it");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("email/a@example.com")).Status);
    }

    [Fact]
    public async Task An_id_that_several_browsers_share_needs_the_browser()
    {
        foreach (var user in new[] { "a", "b" })
        {
            await PostAsync("sync", $$"""{"glue_user_id":"{{user}}","event_id":"s1","data":{"profile":{"email":"{{user}}@example.com"} } }""");
        }

        Delete("s1").IsError(HttpStatusCode.BadRequest, "Several browsers have an identification of this id; add glue_user_id to say which is meant");
        Delete("s1", "b").IsOk();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("email/a@example.com")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/b@example.com")).Status);

        Delete("s1").IsOk();
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/a@example.com")).Status);
    }

    [Fact]
    public async Task A_claim_can_be_taken_back_and_what_is_none_cannot()
    {
        await PostAsync("track", """{"glue_user_id":"a","event":"e","event_id":"e1"}""");
        Delete("e1").IsError(HttpStatusCode.NotFound, "Identification not found");
        Delete("nothing").IsError(HttpStatusCode.NotFound, "Identification not found");
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.SendAsync("DELETE", "/glue/identifications/e1")).Status);

        using var strict = new ServerApp(("API_KEY", Key), ("WRITE_KEYS", Public), ("IDENTITY_SECRET", "a-secret"), ("REQUIRE_SIGNED_IDENTITY", "on"));
        (await strict.SendAsync("POST", "/glue/identify", """{"glue_user_id":"a","email":"a@example.com","event_id":"c/1"}""", ("x-api-key", Public))).IsOk();
        (await strict.SendAsync("POST", "/glue/identify", """{"glue_user_id":"b","email":"a@example.com","event_id":"i1"}""", ("x-api-key", Key))).IsOk();
        (await strict.SendAsync("DELETE", "/glue/identifications/c%2F1", null, ("x-api-key", Key))).IsOk();
        var person = (await strict.SendAsync("GET", "/glue/user/email/a@example.com", null, ("x-api-key", Key))).IsOk().Json;
        Assert.Equal(["i1"], person["identifications"]!.AsArray().Select(item => (string)item!["event_id"]!));
    }

    public void Dispose() => app.Dispose();

    private static IEnumerable<string> Ids(Reply reply) => reply.Json["events"]!.AsArray().Select(item => (string)item!["event_id"]!);

    private Reply Delete(string id, string? user = null) => app.SendAsync(
        "DELETE", $"/glue/identifications/{id}{(user is null ? "" : "?glue_user_id=" + user)}", null, ("x-api-key", Key)).GetAwaiter().GetResult();

    private Task<Reply> GetAsync(string path) => app.SendAsync("GET", "/glue/user/" + path, null, ("x-api-key", Key));

    private async Task PostAsync(string verb, string body) => (await app.SendAsync("POST", "/glue/" + verb, body, ("x-api-key", Public))).IsOk();

    private void Send(IEnumerable<Fact> facts, string run)
    {
        foreach (var fact in facts)
        {
            var reply = app.SendAsync("POST", "/glue/" + fact.Path, fact.Body(run), ("x-api-key", fact.Trusted ? Key : Public)).GetAwaiter().GetResult();
            Assert.True(reply.Status == HttpStatusCode.OK, reply.Json.ToJsonString());
        }
    }

    // All that is stored of a run, but for its prefix, for what is counted or hashed, and for the note that something was taken back.
    private List<string> Rows(string run) =>
    [
        .. app.Query(
            $"""
            SELECT json_array('u', glue_user_id, email, coalesce(traits, json_object() || ''), attribution, first_seen, last_seen, identified, identified_at, first_touch_key, last_touch_key) FROM users WHERE glue_user_id LIKE '{run}%'
            UNION ALL SELECT json_array('e', event_id, glue_user_id, timestamp, email, user_id, name, claim, touch, trusted) FROM events WHERE glue_user_id LIKE '{run}%'
            UNION ALL SELECT json_array('i', event_id, glue_user_id, kind, timestamp, email, email_key, user_id, name, claim, starts, traits, touch, first_seen, trusted) FROM identities
              WHERE glue_user_id LIKE '{run}%' AND taken_back IS NULL
            UNION ALL SELECT json_array('t', glue_user_id, name, timestamp, event_id, kind, size, value) FROM traits WHERE glue_user_id LIKE '{run}%'
            UNION ALL SELECT json_array('l', glue_user_id, event_id, kind, name, value) FROM long_traits WHERE glue_user_id LIKE '{run}%'
            """).Select(row => row.Replace(run, "", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    // Verb: 0 and 1 an event, 2 an identification, 3 a sync.
    private sealed record Fact(int Verb, int Browser, long Time, string? Email, string? Account, string Traits, bool Trusted, bool Touches)
    {
        public string Id { get; init; } = "";

        public bool IsIdentification => Verb == 2;

        public bool IsEmpty => Verb == 2 && Email is null && Account is null;

        public string Path => Verb switch { 2 => "identify", 3 => "sync", _ => "track" };

        public string Body(string run)
        {
            var body = new JsonObject { ["glue_user_id"] = run + Browser, ["event_id"] = run + Id };
            var who = Verb == 3 ? [] : body;
            who["email"] = Email is null ? null : run + Email;
            who["user_id"] = Account is null ? null : run + Account;
            if (Verb >= 2)
            {
                who["traits"] = JsonNode.Parse(Traits.Replace("LONG", new string('x', 600), StringComparison.Ordinal));
            }

            if (Verb == 3)
            {
                who["first_seen"] = Time - 1;
                body["synced_at"] = Time;
                body["data"] = new JsonObject { ["profile"] = who };
                return body.ToJsonString();
            }

            body["timestamp"] = Time;
            body["context"] = Touches ? new JsonObject { ["utm_source"] = "s" + Id } : null;
            if (Verb < 2)
            {
                body["event"] = "e";
            }

            return body.ToJsonString();
        }
    }
}
