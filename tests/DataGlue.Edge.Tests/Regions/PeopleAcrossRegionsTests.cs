using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>The same writes, in one order at a home alone, and shuffled, repeated and spread over a home and two edges, come to the same people, whatever is taken back
/// and erased in between.</summary>
public sealed class PeopleAcrossRegionsTests
{
    private const long Epoch = 1_704_376_800_000;
    private const string Key = "0123456789abcdef-of-the-owner";
    private const string Public = "0123456789abcdef-of-the-page";

    private static readonly string?[] Emails = [null, "a@example.com", "B@example.com", "b@example.com", "é@bücher.example"];
    private static readonly string?[] Accounts = [null, null, "one", "two"];

    private static readonly string[] Reports =
        ["overview?interval=month&conversion=e", "funnel?steps=e,e&by=channel", "attribution?model=linear&conversion=e", "paths?steps=3", "retention?interval=month", "people?limit=1000"];

    private static readonly Gen<Fact> AnyFact = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[0, 4], Gen.Int[0, Emails.Length - 1], Gen.Int[0, Accounts.Length - 1], Gen.Int[0, 2], Gen.Int[1, 3],
        (verb, browser, time, email, account, trusted, trait) => new Fact(
            verb, browser, time, verb == 0 ? null : Emails[Math.Max(email, verb == 1 ? 0 : 1)], verb == 0 ? null : Accounts[account], trusted == 0, trait));

    [Theory]
    [InlineData("off", 25)]
    [InlineData("on", 25)]
    public void They_are_the_same_people(string requireSigned, int samples)
    {
        using var alone = new Nodes(requireSigned, edges: 0);
        using var regions = new Nodes(requireSigned, edges: 2);
        var runs = 0;
        Gen.Select(AnyFact.Array[1, 14], AnyFact.Array[0, 6], Gen.Int).Sample(
            (earlier, later, seed) => Run(alone, regions, $"r{++runs:000}", earlier, later, new Random(seed)),
            iter: samples, threads: 1, print: sample => $"{sample.Item3}\n{string.Join('\n', sample.Item1.Select(fact => fact.ToString()))}\n--\n{string.Join('\n', sample.Item2.Select(fact => fact.ToString()))}");
    }

    private static void Run(Nodes alone, Nodes regions, string run, Fact[] earlier, Fact[] later, Random random)
    {
        var first = Named(earlier, run, "x", Epoch, random);
        alone.Send(first);
        regions.Send(Shuffled(first, random), random);
        Compare(alone, regions, run);

        foreach (var back in first.Where(fact => fact.IsIdentification && random.Next(4) == 0))
        {
            alone.Delete($"identifications/{back.Id}?glue_user_id={back.User}", random);
            regions.Delete($"identifications/{back.Id}?glue_user_id={back.User}", random);
        }

        // What was taken back stays back. A profile that a browser syncs from now on is decided when it arrives.
        first = [.. first.Where(fact => !fact.IsSync)];
        alone.Send(first);
        regions.Send(Shuffled(first, random), random);
        Compare(alone, regions, run);

        var person = random.Next(2) == 0 ? $"user/email/{run}a@example.com" : $"user/account/{run}one";
        Assert.Equal(alone.Delete(person, random), regions.Delete(person, random));
        Compare(alone, regions, run);

        var now = alone.Advance(TimeSpan.FromSeconds(1));
        regions.Advance(TimeSpan.FromSeconds(1));
        var second = Named([.. later.Where(fact => fact.Verb != 4)], run, "y", now, random);
        alone.Send([.. first, .. second]);
        regions.Send(Shuffled([.. first, .. second], random), random);
        Compare(alone, regions, run);
    }

    // Each at least once, one or two times more.
    private static Fact[] Shuffled(Fact[] facts, Random random) =>
        [.. facts.Concat(facts.Where(_ => random.Next(2) == 0)).Concat(facts.Where(_ => random.Next(4) == 0)).OrderBy(_ => random.Next())];

    // Of facts of one time the id decides, which has nothing to do with the order in which they come.
    private static Fact[] Named(Fact[] facts, string run, string part, long from, Random random) => [.. facts.Where(fact => fact.Verb < 2 || fact.Email is not null || fact.Account is not null).Select((fact, i) => fact with
    {
        Id = $"{run}-{random.Next(100):00}-{part}{i:00}",
        User = $"{run}-{fact.Browser}",
        Time = from + fact.Time,
        Email = fact.Email is null ? null : run + fact.Email,
        Account = fact.Account is null ? null : run + fact.Account,
    })];

    private static void Compare(Nodes alone, Nodes regions, string run)
    {
        Assert.Equal(alone.Stored(run), regions.Stored(run));
        Assert.Empty(regions.Home.Differences());
        foreach (var path in Emails.OfType<string>().Select(email => $"email/{Uri.EscapeDataString(run + email)}").Concat(Accounts.OfType<string>().Distinct().Select(account => $"account/{run}{account}")))
        {
            Assert.Equal(alone.Person(path), regions.Person(path));
        }

        // There, reports read columns; here, the logs alone.
        regions.CopyColumns();
        foreach (var report in Reports)
        {
            Assert.Equal(alone.Report(report), regions.Report(report));
        }

        // The views for sqlite3 say the same.
        var overview = JsonNode.Parse(regions.Report("overview?interval=day&limit=1000"))!;
        Assert.Equal(
            overview["events"]!.AsArray().Select(row => $"{row!["event"]} {row["events"]} {row["people"]}").Order(StringComparer.Ordinal),
            regions.Home.Query("SELECT event || ' ' || events || ' ' || people FROM funnel_counts").Order(StringComparer.Ordinal));
        Assert.Equal(
            overview["series"]!.AsArray().Where(point => (int)point!["events"]! > 0).Select(point => $"{((string)point!["time"]!)[..10]} {point["people"]} {point["sessions"]} {point["page_views"]} {point["events"]}"),
            regions.Home.Query("SELECT day || ' ' || people || ' ' || sessions || ' ' || page_views || ' ' || events FROM daily"));
        var attribution = JsonNode.Parse(regions.Report("attribution?limit=1000"))!["rows"]!.AsArray();
        Assert.Equal(
            attribution.Where(row => (int)row!["conversions"]! > 0).Select(row => $"{row!["key"]} {row["conversions"]}").Order(StringComparer.Ordinal),
            regions.Home.Query("SELECT coalesce(source, '') || ' ' || identified FROM attribution_first_touch WHERE identified > 0").Order(StringComparer.Ordinal));
    }

    // Verb: 0 an event, 1 an event that may name somebody, 2 and 3 an identification, 4 a sync.
    private sealed record Fact(int Verb, int Browser, long Time, string? Email, string? Account, bool Trusted, int Trait)
    {
        public string Id { get; init; } = "";

        public string User { get; init; } = "";

        public bool IsIdentification => Verb is 2 or 3;

        public bool IsSync => Verb == 4;

        public string Path => IsSync ? "/glue/sync" : IsIdentification ? "/glue/identify" : "/glue/track";

        public string Body()
        {
            var body = new JsonObject { ["glue_user_id"] = User, ["event_id"] = Id };
            var who = IsSync ? [] : body;
            (who["email"], who["user_id"]) = (Email, Account);
            if (Verb > 1)
            {
                who["traits"] = new JsonObject { [$"t{Trait}"] = Id };
            }

            if (IsSync)
            {
                body["synced_at"] = Time;
                body["data"] = new JsonObject { ["profile"] = who, ["sessions"] = new JsonArray(new JsonObject { ["id"] = $"s{Trait}", ["page"] = Id }) };
                return body.ToJsonString();
            }

            body["timestamp"] = Time;
            if (Verb < 2)
            {
                (body["event"], body["session_id"], body["context"]) = ("e", $"s{Trait}", new JsonObject { ["utm_source"] = $"c{Trait}" });
            }

            return body.ToJsonString();
        }
    }

    // A home, and edges of it.
    private sealed class Nodes : IDisposable
    {
        private readonly List<ServerApp> all;

        public Nodes(string requireSigned, int edges)
        {
            (string Name, string Value)[] settings = [("API_KEY", Key), ("WRITE_KEYS", Public), ("IDENTITY_SECRET", "a-secret-of-16-bytes"), ("REQUIRE_SIGNED_IDENTITY", requireSigned)];
            all = [new ServerApp(settings)];
            all.AddRange(Enumerable.Range(0, edges).Select(_ => new ServerApp([.. settings, ("HOME_URL", Home.Url), ("OUTBOX_MAX_MB", "8")])));
        }

        public ServerApp Home => all[0];

        /// <summary>Copies all rows but the last few into columns, in many small chunks.</summary>
        public void CopyColumns()
        {
            var keeper = Home.Services.GetRequiredService<ColumnKeeper>();
            keeper.RowsTogether = 2;
            keeper.CatchUpAsync(CancellationToken.None).GetAwaiter().GetResult();
            Assert.Equal(["0"], Home.Query("SELECT count(*) FROM report_changes"));
            Assert.Equal(["1"], Home.Query("SELECT min(stored > coalesce((SELECT max(id) FROM events), 0) - 2) FROM report_logs WHERE log = 'events'"));
            Assert.Equal(["1"], Home.Query("SELECT min(stored > coalesce((SELECT max(id) FROM identities), 0) - 2) FROM report_logs WHERE log = 'identities'"));
            Assert.Equal([], ColumnCheck.Differences(Home.Services.GetRequiredService<ColumnReader>()));
        }

        /// <summary>Sends each to one of the nodes, and waits until the home has all.</summary>
        public void Send(Fact[] facts, Random? random = null)
        {
            foreach (var fact in facts)
            {
                var reply = all[random?.Next(all.Count) ?? 0].SendAsync("POST", fact.Path, fact.Body(), ("x-api-key", fact.Trusted ? Key : Public)).GetAwaiter().GetResult();
                Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
            }

            foreach (var edge in all.Skip(1))
            {
                Poll.UntilAsync(async () => (int)(await edge.SendAsync("GET", "/glue/outbox", null, ("x-api-key", Key))).IsOk().Json["depth"]! == 0).GetAwaiter().GetResult();
            }
        }

        public string Delete(string path, Random random) => all[random.Next(all.Count)].SendAsync("DELETE", "/glue/" + path, null, ("x-api-key", Key)).GetAwaiter().GetResult().Body;

        /// <summary>What is told of a person, but for what depends on the order of writing.</summary>
        public string Person(string path)
        {
            var reply = all[^1].SendAsync("GET", "/glue/user/" + path, null, ("x-api-key", Key)).GetAwaiter().GetResult().Json;
            foreach (var row in new[] { reply["user"] }.Concat(reply["users"]?.AsArray() ?? []).Concat(reply["events"]?.AsArray() ?? []).Concat(reply["identifications"]?.AsArray() ?? []))
            {
                row?.AsObject().Remove("created_at");
                row?.AsObject().Remove("updated_at");
            }

            return reply.ToJsonString();
        }

        public string Report(string report) => all[^1].SendAsync(
            "GET", $"/glue/reports/{report}&from=2024-01-01&to=2024-06-30", null, ("x-api-key", Key)).GetAwaiter().GetResult().IsOk().Body;

        public IEnumerable<string> Stored(string run) => Home.Journeys().Where(row => row.Contains(run, StringComparison.Ordinal));

        public long Advance(TimeSpan time)
        {
            all.ForEach(node => node.Clock.Advance(time));
            return Home.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        }

        public void Dispose()
        {
            all.Reverse();
            all.ForEach(node => node.Dispose());
        }
    }
}
