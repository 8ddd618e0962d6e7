using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.People;

/// <summary>Whose each event is, computed a second time and simply: for each event, look at all identifications. The writes arrive in any order, and twice.</summary>
public sealed class PeopleModelTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;
    private const string Key = "secret-key-0123456789";
    private const string Public = "public-key-0123456789";

    private static readonly string?[] Emails = [null, "a@example.com", "B@example.com", "b@example.com", "é@bücher.example"];
    private static readonly string?[] Accounts = [null, "one", "two"];

    private static readonly Gen<Fact> AnyFact = Gen.Select(
        Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 4], Gen.Int[0, Emails.Length - 1], Gen.Int[0, 5], Gen.Int[0, 2],
        (isEvent, browser, time, email, account, trusted) => new Fact(
            isEvent, browser, Epoch + time, isEvent && account > 2 ? null : Emails[email], Accounts.ElementAtOrDefault(account), trusted == 0));

    private readonly ServerApp app = new(("API_KEY", Key), ("WRITE_KEYS", Public));
    private int runs;

    [Fact]
    public void A_journey_of_a_person_has_the_events_that_are_the_persons() => Gen.Select(AnyFact.Array[1, 14], Gen.Int).Sample(
        (facts, seed) =>
        {
            var run = $"r{++runs:0000}";
            var random = new Random(seed);

            // Of facts of one time the id decides, which has nothing to do with the order in which they come.
            var named = facts.Where(fact => fact.IsEvent || fact.Email is not null || fact.Account is not null)
                .Select((fact, i) => fact.In(run, $"{run}-{random.Next(100):00}-{i:00}")).ToArray();
            foreach (var fact in named.Concat(named.Where(_ => random.Next(2) == 0)).OrderBy(_ => random.Next()))
            {
                Assert.Equal(HttpStatusCode.OK, app.SendAsync("POST", fact.Path, fact.Body(), ("x-api-key", fact.Trusted ? Key : Public)).GetAwaiter().GetResult().Status);
            }

            foreach (var email in Emails.OfType<string>())
            {
                Check("email", run + email, PersonOf(named, $"email:{KeyOf(run + email)}"), named);
            }

            foreach (var account in Accounts.OfType<string>())
            {
                Check("account", run + account, $"account:{run}{account}", named);
            }
        },
        iter: 400, threads: 1, print: sample => string.Join('\n', sample.Item1.Select(fact => fact.ToString())));

    public void Dispose() => app.Dispose();

    private void Check(string kind, string value, string person, Fact[] facts)
    {
        var reply = app.SendAsync("GET", $"/glue/user/{kind}/{Uri.EscapeDataString(value)}", null, ("x-api-key", Key)).GetAwaiter().GetResult();
        var events = facts.Where(fact => fact.IsEvent && PersonOfEvent(facts, fact) == person).OrderBy(fact => fact.Time).ThenBy(fact => fact.Id, StringComparer.Ordinal).ToArray();
        var browsers = facts.Where(fact => !fact.IsEvent && PersonOf(facts, fact.Name!) == person).Select(fact => fact.User).Distinct().ToArray();
        if (events.All(fact => fact.Name is null) && browsers.Length == 0)
        {
            Assert.Equal(HttpStatusCode.NotFound, reply.Status);
            return;
        }

        var json = reply.IsOk().Json;
        Assert.Equal(events.Select(fact => fact.Id), json["events"]!.AsArray().Select(item => (string)item!["event_id"]!));
        Assert.Equal(events.Length, (int)json["summary"]!["total_events"]!);
        Assert.Equal(browsers.Order(StringComparer.Ordinal), json["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!).Order(StringComparer.Ordinal));
        Assert.Equal(
            facts.Where(fact => !fact.IsEvent && PersonOf(facts, fact.Name!) == person).Select(fact => fact.Id).Order(StringComparer.Ordinal),
            json["identifications"]!.AsArray().Select(item => (string)item!["event_id"]!).Order(StringComparer.Ordinal));
        Assert.Equal(person.StartsWith("account:", StringComparison.Ordinal) ? person["account:".Length..] : null, (string?)json["user"]!["user_id"]);
    }

    // The account of an e-mail, or the e-mail itself.
    private static string PersonOf(Fact[] facts, string name)
    {
        if (!name.StartsWith("email:", StringComparison.Ordinal))
        {
            return name;
        }

        var both = facts.Where(fact => !fact.IsEvent && fact.Account is not null && fact.Email is not null && $"email:{KeyOf(fact.Email)}" == name).ToArray();
        var trusted = both.Where(fact => fact.Trusted).OrderBy(fact => fact.Time).ThenBy(fact => fact.Id, StringComparer.Ordinal).LastOrDefault();
        var accounts = both.Select(fact => fact.Account).Distinct().ToArray();
        return trusted is not null ? $"account:{trusted.Account}" : accounts.Length == 1 ? $"account:{accounts[0]}" : name;
    }

    private static string? PersonOfEvent(Fact[] facts, Fact fact)
    {
        if (fact.Name is not null)
        {
            return PersonOf(facts, fact.Name);
        }

        var identifications = facts.Where(other => !other.IsEvent && other.User == fact.User).OrderBy(other => other.Time).ThenBy(other => other.Id, StringComparer.Ordinal).ToArray();
        var inForce = identifications.LastOrDefault(other => other.Time < fact.Time || (other.Time == fact.Time && string.CompareOrdinal(other.Id, fact.Id) <= 0)) ?? identifications.FirstOrDefault();
        return inForce is null ? null : PersonOf(facts, inForce.Name!);
    }

    private static string KeyOf(string email) => email.ToLowerInvariant();

    private sealed record Fact(bool IsEvent, int Browser, long Time, string? Email, string? Account, bool Trusted)
    {
        public string Id { get; init; } = "";

        public string User { get; init; } = "";

        public string Path => IsEvent ? "/glue/track" : "/glue/identify";

        // Whom it names.
        public string? Name => Account is not null ? $"account:{Account}" : Email is not null ? $"email:{KeyOf(Email)}" : null;

        public Fact In(string run, string id) => this with
        {
            Id = id,
            User = $"{run}-{Browser}",
            Email = Email is null ? null : run + Email,
            Account = Account is null ? null : run + Account,
        };

        public string Body()
        {
            var body = new JsonObject { ["glue_user_id"] = User, ["event_id"] = Id, ["timestamp"] = Time, ["email"] = Email, ["user_id"] = Account };
            if (IsEvent)
            {
                body["event"] = "e";
            }

            return body.ToJsonString();
        }
    }
}
