using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.People;

/// <summary>DELETE /glue/user: what is erased is gone from every file, and does not come back.</summary>
public sealed class ErasureTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;
    private const string Key = "secret-key-0123456789";
    private const string Public = "public-key-0123456789";

    private static readonly string?[] Emails = [null, "a@example.com", "b@example.com", "c@example.com"];

    private static readonly Gen<Fact> AnyFact = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 3],
        (verb, browser, time, email) => new Fact(verb, browser, Epoch + (time * 1_000), verb == 2 ? Emails[Math.Max(email, 1)] : verb == 1 ? Emails[email] : null));

    private readonly ServerApp app = new(("API_KEY", Key), ("WRITE_KEYS", Public));
    private int runs;

    [Fact]
    public async Task A_browser_is_erased_with_all_that_it_did_and_its_bytes()
    {
        await PostAsync("sync", """
            {"glue_user_id":"browser-s3cr3t","event_id":"sync-s3cr3t","synced_at":1704376800000,"data":{"profile":{"email":"ann@s3cr3t.example","plan":"plan-s3cr3t"},
             "sessions":[{"id":"session-s3cr3t","page":"page-s3cr3t"}],"events":[{"event":"e","event_id":"event-s3cr3t","session_id":"session-s3cr3t","properties":{"n":"property-s3cr3t"}}]}}
            """);
        await PostAsync("identify", $$"""{"glue_user_id":"browser-s3cr3t","email":"ann@s3cr3t.example","event_id":"identify-s3cr3t","traits":{"long":"{{new string('x', 600)}}-s3cr3t"},"context":{"utm_source":"source-s3cr3t"} }""");
        await PostAsync("track", """{"glue_user_id":"other","event":"e","event_id":"e2"}""");
        Assert.NotEmpty(BytesOf("s3cr3t"));

        var erased = Erase("browser-s3cr3t").IsOk().Json;

        Assert.Equal("""{"success":true,"erased":{"events":1,"identities":2,"sessions":1,"users":1}}""", erased.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("browser-s3cr3t")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/ann@s3cr3t.example")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("other")).Status);
        Assert.Empty(BytesOf("s3cr3t"));
        Assert.Equal(["""["browser","476b63e0",{"events":1,"identities":2,"sessions":1,"users":1}]"""], app.Query("SELECT json_array(kind, key, json(counts)) FROM erasures"));
        Assert.Equal(["0"], app.Query("SELECT count(*) FROM traits"));
        Assert.Equal(["0"], app.Query("SELECT count(*) FROM long_traits"));
    }

    [Fact]
    public async Task What_happened_before_does_not_come_back_and_what_happens_later_is_kept()
    {
        await PostAsync("track", $$"""{"glue_user_id":"a","event":"e","event_id":"old","timestamp":{{Epoch}} }""");
        Erase("a").IsOk();

        foreach (var (verb, body) in new[]
        {
            ("track", $$"""{"glue_user_id":"a","event":"e","event_id":"old","timestamp":{{Epoch}} }"""),
            ("track", $$"""{"glue_user_id":"a","event":"e","event_id":"other","timestamp":{{Epoch - 5_000}} }"""),
            ("identify", $$"""{"glue_user_id":"a","email":"a@example.com","event_id":"i1","timestamp":{{Epoch}} }"""),
            ("sync", $$"""{"glue_user_id":"a","synced_at":{{Epoch}},"data":{"profile":{"email":"a@example.com","plan":"p","first_seen":{{Epoch}} },"sessions":[{"id":"s"}],"events":[{"event":"e","event_id":"e9","timestamp":{{Epoch}} }]} }"""),
        })
        {
            Assert.True((bool)(await PostAsync(verb, body)).Json["success"]!);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("a")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/a@example.com")).Status);

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await PostAsync("track", """{"glue_user_id":"a","event":"e","event_id":"new"}""");
        Assert.Equal(["new"], Ids(await GetAsync("a")));
    }

    [Fact]
    public async Task A_profile_that_an_erased_browser_syncs_brings_no_name_and_no_traits_until_it_identifies_anew()
    {
        await PostAsync("identify", """{"glue_user_id":"a","email":"ann@example.com","event_id":"i1","traits":{"plan":"pro"}}""");
        Erase("email/Ann@Example.com").IsOk();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        const string history = """
            {"glue_user_id":"a","data":{"profile":{"email":"ann@example.com","user_id":"u-1","plan":"pro","traits":{"n":1},"first_seen":1704376800000,
             "attribution":{"first_touch":{"utm_source":"radio","timestamp":1704376800000}}},"sessions":[{"id":"old"},{"id":"new"}],
             "events":[{"event":"e","event_id":"before","session_id":"old","timestamp":1704376800000},{"event":"e","event_id":"after","session_id":"new"}]}}
            """;

        await PostAsync("sync", history);

        var user = (await GetAsync("a")).IsOk().Json;
        Assert.Equal(["after"], user["events"]!.AsArray().Select(item => (string)item!["event_id"]!));
        Assert.Equal("{}", user["user"]!["traits"]!.ToJsonString());
        Assert.Null((string?)user["user"]!["email"]);
        Assert.False(user["user"]!["attribution"]!["first_touch"]!.AsObject().ContainsKey("utm_source"));
        Assert.Equal(["new"], app.Query("SELECT session_id FROM sessions"));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/ann@example.com")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("account/u-1")).Status);

        await PostAsync("identify", """{"glue_user_id":"a","email":"ann@example.com","event_id":"i2"}""");
        await PostAsync("sync", history);
        user = (await GetAsync("email/ann@example.com")).IsOk().Json;
        Assert.Equal(["after"], user["events"]!.AsArray().Select(item => (string)item!["event_id"]!));
        Assert.Equal("pro", (string?)user["user"]!["traits"]!["plan"]);
        Assert.NotEqual("2024-01-04T14:00:00.000Z", (string?)user["user"]!["first_seen"]);
    }

    [Fact]
    public async Task Of_a_shared_browser_the_rest_stays()
    {
        await IdentifyAsync("kiosk", 1, "ann@example.com", """{"who":"Ann"}""");
        await TrackAsync("kiosk", "hers", 2, session: "s-ann");
        await IdentifyAsync("kiosk", 3, "bob@example.com", """{"who":"Bob"}""");
        await TrackAsync("kiosk", "his", 4, session: "s-bob");
        await TrackAsync("kiosk", "mail", 5, email: "ann@example.com");
        await TrackAsync("till", "order", 6, email: "ann@example.com");
        await PostAsync("sync", $$"""{"glue_user_id":"kiosk","synced_at":{{Epoch + 7_000}},"data":{"sessions":[{"id":"s-ann"},{"id":"s-bob"}]} }""");

        var erased = Erase("email/ann@example.com").IsOk().Json["erased"]!;

        Assert.Equal("""{"events":3,"identities":1,"sessions":1,"users":1}""", erased.ToJsonString());
        Assert.Equal(["his"], Ids(await GetAsync("kiosk")));
        Assert.Equal(["his"], Ids(await GetAsync("email/bob@example.com")));
        Assert.Equal("""{"who":"Bob"}""", (await GetAsync("kiosk")).Json["user"]!["traits"]!.ToJsonString());
        Assert.Equal(["s-bob"], app.Query("SELECT session_id FROM sessions"));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("till")).Status);
        Assert.Empty(app.Differences());

        // Late: what was in her time, or carries her e-mail, is hers still.
        await TrackAsync("kiosk", "late-hers", 2);
        await TrackAsync("kiosk", "late-his", 4);
        await TrackAsync("somewhere", "late-mail", 4, email: "Ann@example.com");
        await IdentifyAsync("somewhere", 4, "ann@example.com");
        Assert.Equal(["his", "late-his"], Ids(await GetAsync("kiosk")));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("somewhere")).Status);
    }

    [Fact]
    public async Task With_an_account_its_emails_are_erased()
    {
        await PostAsync("identify", $$"""{"glue_user_id":"a","email":"old@example.com","user_id":"u-1","event_id":"i1","timestamp":{{Epoch}} }""", trusted: true);
        await PostAsync("identify", $$"""{"glue_user_id":"b","email":"new@example.com","user_id":"u-1","event_id":"i2","timestamp":{{Epoch}} }""", trusted: true);
        await TrackAsync("till", "order", 1, email: "old@example.com");

        Assert.Equal("""{"events":1,"identities":2,"sessions":0,"users":3}""", Erase("account/u-1").IsOk().Json["erased"]!.ToJsonString());

        foreach (var path in new[] { "account/u-1", "email/old@example.com", "email/new@example.com", "a", "b", "till" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(path)).Status);
        }

        await IdentifyAsync("c", 1, "new@example.com");
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("c")).Status);
    }

    [Theory]
    [InlineData("a", "a", null)]
    [InlineData("email/ann@example.com", "b", "ann@example.com")]
    public async Task Whoever_is_not_there_yet_is_a_404_and_does_not_come_of_before(string path, string user, string? email)
    {
        Erase(path).IsError(HttpStatusCode.NotFound, "User not found; what arrives later of what happened before is dropped");

        await TrackAsync(user, "late", 1, email: email);

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(user)).Status);
        Assert.Equal(["1"], app.Query("SELECT count(*) FROM erasures"));
    }

    [Fact]
    public async Task An_event_dated_ahead_that_was_erased_does_not_come_back()
    {
        var ahead = app.Clock.GetUtcNow().AddHours(12).ToUnixTimeMilliseconds();
        var body = $$"""{"glue_user_id":"a","event":"e","event_id":"ahead","timestamp":{{ahead}} }""";
        await PostAsync("track", body);
        await PostAsync("identify", $$"""{"glue_user_id":"a","email":"ann@example.com","event_id":"i1","timestamp":{{ahead - 1}} }""");

        Erase("email/ann@example.com").IsOk();
        await PostAsync("track", body);

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("a")).Status);
    }

    [Fact]
    public async Task Bytes_that_a_reader_holds_are_pending()
    {
        await PostAsync("track", """{"glue_user_id":"a","event":"e","event_id":"e1"}""");
        using var reader = new SqliteConnection($"Data Source={app.DatabasePath};Mode=ReadOnly;Pooling=False");
        reader.Open();
        using (reader.BeginTransaction(deferred: true))
        {
            using var command = reader.CreateCommand();
            command.CommandText = "SELECT count(*) FROM events";
            command.ExecuteScalar();

            var erased = Erase("a").IsOk().Json;

            Assert.Equal("pending", (string?)erased["bytes"]);
            await PostAsync("track", """{"glue_user_id":"b","event":"e","event_id":"e2"}""");
        }

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("a")).Status);
    }

    [Fact]
    public async Task The_tombstones_hold_after_a_restart()
    {
        using var folder = new TempFolder();
        using (var before = new ServerApp(("DATABASE_PATH", folder.File("data.db"))))
        {
            await before.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"e1","timestamp":1704376800000}""");
            (await before.SendAsync("DELETE", "/glue/user/a")).IsOk();
        }

        using var after = new ServerApp(("DATABASE_PATH", folder.File("data.db")));
        await after.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"e1","timestamp":1704376800000}""");
        Assert.Equal(HttpStatusCode.NotFound, (await after.UserAsync("a")).Status);
    }

    [Theory]
    [InlineData("RAISE(IGNORE)")]
    [InlineData("RAISE(ABORT, 'kept')")]
    public async Task A_rule_of_the_owner_that_keeps_rows_is_told_and_the_rest_goes_once_it_is_gone(string rule)
    {
        await TrackAsync("a", "e1", 1);
        app.Query($"CREATE TRIGGER keep BEFORE DELETE ON events BEGIN SELECT {rule}; END");

        Erase("a").IsError(HttpStatusCode.BadRequest, "A rule of the database's owner does not let this be erased; what was erased before it stays erased");
        app.Clock.Advance(TimeSpan.FromSeconds(61));
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        Assert.Equal(["e1"], Ids(await GetAsync("a")));

        app.Query("DROP TRIGGER keep");
        await Poll.UntilAsync(async () =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(61));
            return (await GetAsync("a")).Status == HttpStatusCode.NotFound;
        });
    }

    [Fact]
    public async Task A_browser_that_only_an_events_email_has_led_to_brings_nothing_back()
    {
        const string history = """{"glue_user_id":"z","data":{"profile":{"email":"ann@example.com","plan":"pro"},"sessions":[{"id":"s1"}],"events":[{"event":"e","event_id":"e1","session_id":"s1","email":"ann@example.com","timestamp":1704376800000}]}}""";
        await TrackAsync("z", "e1", 0, email: "ann@example.com", session: "s1");
        Erase("email/ann@example.com").IsOk();
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await PostAsync("sync", history);

        Assert.Equal(["0", "0", "0"], app.Query("SELECT count(*) FROM events UNION ALL SELECT count(*) FROM sessions UNION ALL SELECT count(*) FROM identities WHERE email IS NOT NULL"));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/ann@example.com")).Status);
    }

    [Fact]
    public async Task Who_has_an_erased_persons_browser_now_syncs_as_before()
    {
        await IdentifyAsync("kiosk", 1, "ann@example.com");
        await IdentifyAsync("kiosk", 5, "bob@example.com");
        Erase("email/ann@example.com").IsOk();
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await PostAsync("sync", """{"glue_user_id":"kiosk","data":{"profile":{"email":"bob@example.com","plan":"pro"}}}""");

        Assert.Equal("pro", (string?)(await GetAsync("email/bob@example.com")).IsOk().Json["user"]!["traits"]!["plan"]);
    }

    [Theory]
    [InlineData("email/ann@m%C3%BCller.example", "\"email\":\"ann@müller.example\"")]
    [InlineData("email/ann@m%C3%BCller.example", "\"email\":\"Ann@MÜLLER.example\"")]
    [InlineData("email/ann@m%C3%BCller.example", "\"email\":\"ann@xn--mller-kva.example\"")]
    [InlineData("email/ann@m%C3%BCller.example", "\"email\":\"ann@müller.example\",\"user_id\":\"u-1\"")]
    [InlineData("account/u-1", "\"user_id\":\"u-1\"")]
    [InlineData("account/u-1", "\"user_id\":\"u-1\",\"email\":\"other@example.com\"")]
    public async Task An_event_that_claims_to_be_of_a_person_goes_with_its_session_however_the_claim_is_spelled(string path, string claim)
    {
        using var signed = new ServerApp(("IDENTITY_SECRET", "0123456789abcdef"), ("REQUIRE_SIGNED_IDENTITY", "true"));
        await signed.TrackAsync($$"""{"glue_user_id":"a","event":"e","event_id":"claimed","session_id":"s1",{{claim}} }""");
        await signed.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"other","session_id":"s2","email":"bob@müller.example"}""");
        await signed.PostAsync("/glue/sync", """{"glue_user_id":"a","data":{"sessions":[{"id":"s1"},{"id":"s2"}]}}""");

        var erased = (await signed.SendAsync("DELETE", "/glue/user/" + path)).IsOk().Json["erased"]!;

        Assert.Equal("""{"events":1,"identities":0,"sessions":1,"users":0}""", erased.ToJsonString());
        Assert.Equal(["other"], signed.Query("SELECT event_id FROM events"));
        Assert.Equal(["s2"], signed.Query("SELECT session_id FROM sessions"));
    }

    [Fact]
    public async Task An_identification_of_before_that_ties_an_erased_email_to_an_account_does_not_bring_it_back()
    {
        await IdentifyAsync("laptop", 1, "ann@example.com");
        Erase("email/ann@example.com").IsOk();

        await PostAsync("identify", $$"""{"glue_user_id":"phone","email":"ann@example.com","user_id":"u-1","event_id":"late","timestamp":{{Epoch + 2_000}} }""", trusted: true);

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/ann@example.com")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("account/u-1")).Status);
        Assert.Empty(BytesOf("phone"));
    }

    [Theory]
    [InlineData("identify", "email/ann@example.com", "")]
    [InlineData("identify", "account/u-1", "")]
    [InlineData("track", "email/ann@example.com", "\"event\":\"e\",")]
    [InlineData("track", "account/u-1", "\"event\":\"e\",")]
    public async Task A_claim_dated_ahead_is_erased_too(string verb, string path, string more)
    {
        using var strict = new ServerApp(("API_KEY", Key), ("WRITE_KEYS", Public), ("IDENTITY_SECRET", "0123456789abcdef"), ("REQUIRE_SIGNED_IDENTITY", "on"));
        var ahead = strict.Clock.GetUtcNow().AddHours(2).ToUnixTimeMilliseconds();
        var who = path.StartsWith("email", StringComparison.Ordinal) ? "\"email\":\"Ann@example.com\"" : "\"user_id\":\"u-1\"";
        (await strict.SendAsync("POST", "/glue/" + verb, $$"""{"glue_user_id":"a",{{more}}{{who}},"event_id":"ahead","timestamp":{{ahead}} }""", ("x-api-key", Public))).IsOk();

        (await strict.SendAsync("DELETE", "/glue/user/" + path, null, ("x-api-key", Key))).IsOk();

        Assert.Equal(["0"], strict.Query("SELECT (SELECT count(*) FROM identities) + (SELECT count(*) FROM events)"));
    }

    [Fact]
    public async Task In_one_batch_a_sync_behind_an_identification_brings_what_it_may()
    {
        await IdentifyAsync("a", 1, "ann@example.com");
        Erase("email/ann@example.com").IsOk();
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await PostAsync("batch", """
            {"batch":[{"type":"identify","glue_user_id":"a","email":"bob@example.com"},
             {"type":"sync","glue_user_id":"a","data":{"profile":{"email":"bob@example.com","plan":"pro"}}}]}
            """);

        Assert.Equal("pro", (string?)(await GetAsync("email/bob@example.com")).IsOk().Json["user"]!["traits"]!["plan"]);
    }

    [Fact]
    public async Task An_erasure_that_a_rule_refuses_holds_up_no_other()
    {
        await TrackAsync("a", "e1", 1);
        await TrackAsync("b", "e2", 1);
        app.Query("CREATE TRIGGER keep_a BEFORE DELETE ON events WHEN old.glue_user_id = 'a' BEGIN SELECT RAISE(ABORT, 'kept'); END");
        app.Query("CREATE TRIGGER keep_b BEFORE DELETE ON events WHEN old.glue_user_id = 'b' BEGIN SELECT RAISE(ABORT, 'kept'); END");
        foreach (var user in new[] { "a", "b" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, Erase(user).Status);
        }

        app.Query("DROP TRIGGER keep_b");
        await Poll.UntilAsync(async () =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(61));
            return (await GetAsync("b")).Status == HttpStatusCode.NotFound;
        });

        Assert.Equal(["e1"], Ids(await GetAsync("a")));
        Assert.Equal(["""{}""", """{"events":1,"identities":0,"sessions":0,"users":1}"""], app.Query("SELECT counts FROM erasures ORDER BY id"));
    }

    [Fact]
    public async Task Another_account_that_carries_the_email_loses_nothing_but_the_email_however_often()
    {
        await PostAsync("identify", $$"""{"glue_user_id":"v","email":"bob@s3cr3t.example","user_id":"u-2","event_id":"i1","timestamp":{{Epoch}} }""", trusted: true);
        await PostAsync("identify", $$"""{"glue_user_id":"inn","email":"inn@example.com","user_id":"u-1","event_id":"i2","timestamp":{{Epoch}} }""", trusted: true);
        await PostAsync("track", $$"""{"glue_user_id":"inn","event":"e","event_id":"purchase","timestamp":{{Epoch + 1_000}} }""", trusted: true);
        const string tie = """{"glue_user_id":"stranger","email":"Bob@s3cr3t.example","user_id":"u-1","event_id":"i3","timestamp":1704376801000,"traits":{"n":1}}""";
        const string both = """{"glue_user_id":"stranger","event":"e","email":"bob@s3cr3t.example","user_id":"u-1","event_id":"both","timestamp":1704376801000}""";
        await PostAsync("identify", tie);
        await PostAsync("track", both);

        Assert.Equal("""{"events":0,"identities":1,"sessions":0,"users":1}""", Erase("email/bob@s3cr3t.example").IsOk().Json["erased"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, Erase("email/bob@s3cr3t.example").Status);
        await PostAsync("identify", tie);
        await PostAsync("track", both);

        Assert.Equal(["both", "purchase"], Ids(await GetAsync("account/u-1")));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/bob@s3cr3t.example")).Status);
        Assert.Equal("""{"n":1}""", (await GetAsync("stranger")).Json["user"]!["traits"]!.ToJsonString());
        Assert.Empty(BytesOf("@s3cr3t"));
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task A_shared_browsers_own_copy_does_not_bring_back_who_was_erased()
    {
        await IdentifyAsync("kiosk", 1, "ann@example.com");
        await IdentifyAsync("kiosk", 2, "bob@example.com");
        Erase("email/ann@example.com").IsOk();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        const string copy = """{"glue_user_id":"kiosk","data":{"profile":{"email":"ann@example.com","traits":{"phone":"555"}}}}""";

        await PostAsync("sync", copy);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("email/ann@example.com")).Status);
        Assert.Equal("{}", (await GetAsync("kiosk")).Json["user"]!["traits"]!.ToJsonString());

        await PostAsync("identify", """{"glue_user_id":"kiosk","email":"ann@example.com"}""");
        await PostAsync("sync", copy);
        Assert.Equal("555", (string?)(await GetAsync("email/ann@example.com")).IsOk().Json["user"]!["traits"]!["phone"]);
    }

    [Fact]
    public async Task A_session_that_went_with_a_named_event_does_not_come_back()
    {
        await IdentifyAsync("b", 0, "a@example.com");
        var history = $$"""{"glue_user_id":"b","synced_at":{{Epoch + 8_000}},"data":{"sessions":[{"id":"S"},{"id":"T"}],"events":[{"event_id":"e3","event":"x","timestamp":{{Epoch + 5_000}},"email":"c@example.com","session_id":"S"}]} }""";
        await PostAsync("sync", history);

        Assert.Equal(1, (int)Erase("email/c@example.com").IsOk().Json["erased"]!["sessions"]!);
        await PostAsync("sync", history);
        Assert.Equal(["T"], app.Query("SELECT session_id FROM sessions"));
    }

    [Fact]
    public async Task A_claim_with_another_account_goes_too()
    {
        using var strict = new ServerApp(("API_KEY", Key), ("WRITE_KEYS", Public), ("IDENTITY_SECRET", "0123456789abcdef"), ("REQUIRE_SIGNED_IDENTITY", "on"));
        (await strict.SendAsync("POST", "/glue/identify", """{"glue_user_id":"a","email":"ann@example.com","user_id":"u-9"}""", ("x-api-key", Public))).IsOk();

        (await strict.SendAsync("DELETE", "/glue/user/email/ann@example.com", null, ("x-api-key", Key))).IsOk();

        Assert.Equal(["0"], strict.Query("SELECT count(*) FROM identities"));
    }

    [Fact]
    public async Task A_touch_without_a_time_does_not_come_back_under_that_of_the_sync()
    {
        await TrackAsync("a", "e1", 1);
        Erase("a").IsOk();
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await PostAsync("sync", $$"""{"glue_user_id":"a","data":{"profile":{"first_seen":{{Epoch}},"attribution":{"first_touch":{"utm_source":"radio"} } } } }""");

        Assert.Equal(["0"], app.Query("SELECT count(*) FROM identities"));
    }

    [Fact]
    public void Others_lose_nothing_and_all_that_comes_again_changes_nothing() => Gen.Select(AnyFact.Array[1, 14], Gen.Int).Sample(
        (facts, seed) =>
        {
            var (run, random) = ($"r{++runs:0000}", new Random(seed));
            var given = facts.Select((fact, i) => fact with { Id = $"{run}-{random.Next(100):00}-{i:00}", Run = run }).ToArray();
            Send(given, random);
            var others = Emails[2..].ToDictionary(email => email!, email => Journey(run + email));

            Erase($"email/{run}a@example.com");

            Assert.Equal("-", Journey(run + "a@example.com"));
            Assert.Empty(app.Query($"SELECT email FROM events WHERE email = '{run}a@example.com' UNION ALL SELECT email FROM identities WHERE email = '{run}a@example.com'"));
            foreach (var (email, journey) in others)
            {
                Assert.Equal(journey, Journey(run + email));
            }

            var rows = Rows(run);
            Send(given, random);
            Assert.Equal(rows, Rows(run));
            Assert.Empty(app.Differences());
        },
        iter: 200, threads: 1, print: sample => string.Join('\n', sample.Item1.Select(fact => fact.ToString())));

    public void Dispose() => app.Dispose();

    private static IEnumerable<string> Ids(Reply reply) => reply.IsOk().Json["events"]!.AsArray().Select(item => (string)item!["event_id"]!);

    private Reply Erase(string path) => app.SendAsync("DELETE", "/glue/user/" + path, null, ("x-api-key", Key)).GetAwaiter().GetResult();

    private Task<Reply> GetAsync(string path) => app.SendAsync("GET", "/glue/user/" + path, null, ("x-api-key", Key));

    private async Task<Reply> PostAsync(string verb, string body, bool trusted = false) =>
        (await app.SendAsync("POST", "/glue/" + verb, body, ("x-api-key", trusted ? Key : Public))).IsOk();

    private Task<Reply> TrackAsync(string user, string id, int second, string? email = null, string? session = null) => PostAsync(
        "track", new JsonObject { ["glue_user_id"] = user, ["event"] = "e", ["event_id"] = id, ["timestamp"] = Epoch + (second * 1_000), ["email"] = email, ["session_id"] = session }.ToJsonString());

    private Task<Reply> IdentifyAsync(string user, int second, string email, string traits = "{}") => PostAsync(
        "identify", $$"""{"glue_user_id":"{{user}}","email":"{{email}}","event_id":"i-{{user}}-{{second}}","timestamp":{{Epoch + (second * 1_000)}},"traits":{{traits}} }""");

    // The files in which a text stands.
    private IEnumerable<string> BytesOf(string text) =>
        Directory.GetFiles(Path.GetDirectoryName(app.DatabasePath)!, "*.db*").Where(file => !file.EndsWith("-lock", StringComparison.Ordinal) && FileBytes.Of(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    private void Send(Fact[] facts, Random random)
    {
        foreach (var fact in facts.OrderBy(_ => random.Next()))
        {
            PostAsync(fact.Verb == 2 ? "identify" : "track", fact.Body()).GetAwaiter().GetResult();
        }
    }

    private string Journey(string email)
    {
        var reply = GetAsync("email/" + email).GetAwaiter().GetResult();
        return reply.Status == HttpStatusCode.NotFound ? "-" : string.Join(' ', Ids(reply));
    }

    private List<string> Rows(string run) => app.Query(
        $"""
        SELECT * FROM (
          SELECT json_array('u', glue_user_id, email, traits, first_seen, last_seen, identified, identified_at) FROM users WHERE glue_user_id LIKE '{run}%'
          UNION ALL SELECT json_array('e', event_id, glue_user_id, timestamp, email, name) FROM events WHERE glue_user_id LIKE '{run}%'
          UNION ALL SELECT json_array('i', event_id, glue_user_id, timestamp, email, name, starts) FROM identities WHERE glue_user_id LIKE '{run}%')
        ORDER BY 1
        """);

    // Verb: 0 an event, 1 an event that may carry an e-mail, 2 an identification.
    private sealed record Fact(int Verb, int Browser, long Time, string? Email)
    {
        public string Id { get; init; } = "";

        public string Run { get; init; } = "";

        public string Body() => new JsonObject
        {
            ["glue_user_id"] = $"{Run}-{Browser}",
            ["event"] = Verb == 2 ? null : "e",
            ["event_id"] = Id,
            ["timestamp"] = Time,
            ["email"] = Email is null ? null : Run + Email,
        }.ToJsonString();
    }
}
