using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>
/// What a profile must come to, computed a second time and simply: sort what was reported by time and id, and fold. The
/// writes themselves arrive in any order.
/// </summary>
public sealed class ProfileModelTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;

    private static readonly string[] Emails = ["a@example.com", "A@Example.com", "b@example.com", "É@example.com", "é@example.com"];

    private static readonly string[] Traits =
    [
        "{}", """{"a":1}""", """{"a":{"b":1,"c":2}}""", """{"a":{"b":null,"d":[1]}}""", """{"a":null}""", """{"a":"text","e":{"f":{"g":null,"h":1}}}""", """{"e":{"f":null}}""",
    ];

    private static readonly Gen<Report> AnyReport = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 6], Gen.Int[0, Emails.Length - 1], Gen.Int[0, 3], Gen.Int[0, Traits.Length - 1], Gen.Int[0, 3], Gen.Int[0, 3],
        (verb, time, email, account, traits, session, source) => new Report(
            verb switch { 0 => "track", 1 => "identify", _ => "sync" }, Epoch + (time * 1000), account == 3 ? null : Emails[email], account == 0 ? null : $"u{account & 1}",
            Traits[traits], session == 0 ? null : $"s{session}", source == 0 ? null : $"source{source}"));

    private readonly ServerApp app = new();
    private int runs;

    [Fact]
    public void A_profile_is_what_the_reports_in_the_order_of_time_make_it() => AnyReport.Array[1, 12].Sample(
        reports =>
        {
            var user = $"model-{++runs:0000}";
            var named = reports.Select((report, i) => report with { Id = $"{user}-{i:00}" }).ToArray();
            foreach (var report in named)
            {
                app.PostAsync("/glue/" + report.Verb, report.Body(user)).GetAwaiter().GetResult().IsOk();
            }

            var stored = app.UserAsync(user).GetAwaiter().GetResult().IsOk().Json["user"]!;
            foreach (var (field, expected) in Expected(named))
            {
                Assert.True(JsonNode.DeepEquals(expected, stored[field]), $"{field} is {stored[field]?.ToJsonString()}, not {expected?.ToJsonString()}");
            }
        },
        iter: 300, threads: 1, print: reports => string.Join('\n', reports.Select(report => report.Body("user"))));

    public void Dispose() => app.Dispose();

    private static Dictionary<string, JsonNode?> Expected(Report[] reports)
    {
        var inTime = reports.OrderBy(report => report.Time).ThenBy(report => report.Id, StringComparer.Ordinal).ToArray();
        var profiles = inTime.Where(report => report.Verb != "track").ToArray();
        var samePerson = profiles.Reverse().TakeWhile(report => report.Name == profiles[^1].Name).LastOrDefault();
        var touches = inTime.Where(report => report.Source is not null && report.Verb != "sync").ToArray();
        var seen = inTime.Select(report => report.Time).ToArray();
        return new Dictionary<string, JsonNode?>
        {
            ["traits"] = Newest(profiles),
            ["email"] = profiles.LastOrDefault(report => report.Email is not null)?.Email,
            ["identified"] = profiles.Length > 0,
            ["identified_at"] = Iso(samePerson?.Time),
            ["first_seen"] = Iso(seen[0]),
            ["last_seen"] = Iso(seen[^1]),
            ["last_synced"] = Iso(inTime.LastOrDefault(report => report.Verb == "sync")?.Time),
            ["total_events"] = reports.Count(report => report.Verb == "track"),
            ["total_sessions"] = reports.Where(report => report.Verb != "identify").Select(report => report.Session).OfType<string>().Distinct().Count(),
            ["attribution"] = new JsonObject
            {
                ["first_touch"] = Touch(touches.FirstOrDefault(), seen[0]),
                ["last_touch"] = Touch(touches.LastOrDefault(), seen[0]),
            },
        };
    }

    private static JsonObject Touch(Report? touch, long firstSeen)
    {
        var stamped = new JsonObject { ["timestamp"] = Iso(touch?.Time ?? firstSeen) };
        if (touch is not null)
        {
            stamped["utm_source"] = touch.Source;
        }

        return stamped;
    }

    private static string? Iso(long? epoch) =>
        epoch is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture) : null;

    // Each key has the value of the newest that names it.
    private static JsonObject Newest(IEnumerable<Report> profiles)
    {
        var newest = new JsonObject();
        foreach (var (name, value) in profiles.SelectMany(report => JsonNode.Parse(report.Traits)!.AsObject()))
        {
            newest[name] = value?.DeepClone();
        }

        return new JsonObject(newest.Where(trait => trait.Value is not null).Select(trait => KeyValuePair.Create(trait.Key, trait.Value?.DeepClone())));
    }

    private sealed record Report(string Verb, long Time, string? Email, string? Account, string Traits, string? Session, string? Source)
    {
        public string Id { get; init; } = "id";

        // Whom it names: an account, or else an e-mail.
        public string? Name => Account ?? Email?.ToLowerInvariant();

        public string Body(string user)
        {
            var context = Source is null ? null : new JsonObject { ["utm_source"] = Source };
            var body = new JsonObject { ["glue_user_id"] = user, ["event_id"] = Id };
            switch (Verb)
            {
                case "track":
                    body["event"] = "e";
                    body["timestamp"] = Time;
                    body["session_id"] = Session;
                    body["context"] = context;
                    break;
                case "identify":
                    body["email"] = Email;
                    body["user_id"] = Account;
                    body["traits"] = JsonNode.Parse(Traits);
                    body["timestamp"] = Time;
                    body["context"] = context;
                    break;
                default:
                    body["synced_at"] = Time;
                    body["data"] = new JsonObject
                    {
                        ["profile"] = new JsonObject { ["email"] = Email, ["user_id"] = Account, ["traits"] = JsonNode.Parse(Traits) },
                        ["sessions"] = Session is null ? null : new JsonArray(new JsonObject { ["session_id"] = Session }),
                    };
                    break;
            }

            return body.ToJsonString();
        }
    }
}
