using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Bodies as the public guide shows them, in every form that is allowed.</summary>
internal sealed class ValidBodies
{
    private const long Epoch = 1_704_376_800_000;

    private static readonly Gen<string> Time = Gen.Frequency(
        (4, Gen.Long[Epoch, Epoch + 10_000_000_000].Select(time => $"\"timestamp\":{time}")),
        (1, Gen.Int[0, 59].Select(second => $"\"timestamp\":\"2024-01-04T14:00:{second:00}Z\"")),
        (1, Gen.Const("")));

    private static readonly Gen<string> Name = Gen.OneOf("page_view", "page_view", "scroll", "click", "form_submit", "purchase", "söme event");

    private static readonly Gen<string> Session = Gen.Frequency(
        (4, Gen.Int[0, 5].Select(n => $"\"session_id\":\"session-{n}\"")), (1, Gen.Int[0, 5].Select(n => $"\"session_id\":{n}")), (1, Gen.Const("")));

    private static readonly Gen<string> Signature = Gen.Frequency((5, Gen.Const("")), (1, Gen.OneOf("", "00ff").Select(text => $"\"signature\":\"{text}\"")));

    // The last are left out of a sync.
    private static readonly Gen<string> SyncedSession = Gen.Frequency(
        (8, Gen.Int[0, 3].Select(n => $"\"id\":\"session-{n}\",\"pages\":[\"/\"]")), (1, Gen.Int[0, 3].Select(n => $"\"session_id\":{n},\"title\":\"Sale \\ud83d\"")),
        (1, Gen.OneOf("", "\"id\":\"null\"", "\"id\":\"x\",\"n\":1e999")));

    private static readonly Gen<string> Properties = Gen.OneOf(
        "", "\"properties\":{\"url\":\"/landing\",\"title\":\"Landing Page\"}", "\"properties\":{}", "\"properties\":null",
        "\"properties\":{\"url\":\"https://shop.example/p?utm_source=mail&gclid=x1\",\"price\":9.90,\"items\":[{\"sku\":\"a\"},{\"n\":2}]}");

    private static readonly Gen<string> Context = Gen.OneOf(
        "", "\"context\":{\"utm_source\":\"google\",\"session_id\":\"session-456\"}",
        "\"context\":{\"page\":{\"url\":\"https://shop.example/?utm_campaign=june\"}}",
        "\"context\":{\"page\":{\"url\":\"https://shop.example/\"},\"referrer\":\"https://news.example/\"}");

    private static readonly Gen<string> Traits = Gen.OneOf(
        "", "\"traits\":{\"fname\":\"Test\",\"lname\":\"User\"}", "\"traits\":{\"plan\":null}", "\"traits\":{\"address\":{\"city\":\"Bern\",\"zip\":null}}");

    private static readonly Gen<string> Profile = Gen.OneOf(
        "", "\"profile\":{\"plan\":\"team\"}", "\"profile\":{\"user_id\":7,\"email\":\"guest\",\"last_seen\":\"2099-01-01\",\"bio\":\"Sale \\ud83d\"}",
        "\"profile\":{\"first_seen\":1704376700000,\"last_seen\":\"2024-01-05\",\"traits\":{\"plan\":\"free\"},\"total_events\":9}",
        "\"profile\":{\"attribution\":{\"first_touch\":{\"utm_source\":\"bing\",\"timestamp\":1704376750000},\"last_touch\":{\"gclid\":\"g9\"}}}");

    public ValidBodies(Visitors visitors)
    {
        var account = Gen.Frequency(
            (6, Gen.Const("")), (2, visitors.Account.Select(text => $"\"user_id\":{text}")), (1, visitors.Account.Select(text => $"\"user_id\":\"{text}\"")),
            (1, Gen.OneOf("", "undefined", "[object Object]", " ").Select(text => $"\"user_id\":\"{text}\"")));
        var email = visitors.Email.Select(text => $"\"email\":\"{text}\"");
        var user = visitors.User.Select(text => $"\"glue_user_id\":\"{text}\"");
        var id = Gen.Frequency((1, visitors.EventId.Select(text => $"\"event_id\":\"{text}\"")), (1, Gen.Const("")));
        var item = Gen.Select(
            Name, Session, Properties, Time, Context, id, Gen.Select(Gen.Frequency((5, Gen.Const("")), (1, email)), account),
            (name, session, properties, time, context, eventId, person) =>
                Members($"\"event\":\"{name}\"", session, properties, time, context, eventId, person.Item1, person.Item2));
        var synced = Gen.Select(
            Profile, item.Array[0, 4], SyncedSession.Array[0, 3],
            (profile, events, sessions) => $"\"data\":{{{Members(
                profile, $"\"events\":[{Objects(events)}]",
                $"\"sessions\":[{Objects(sessions)}]")}}}");
        var syncedAt = Gen.Frequency((4, Gen.Long[Epoch, Epoch + 10_000_000_000].Select(time => $"\"synced_at\":{time}")), (1, Gen.Const("")));

        var track = Gen.Select(user, item, (owner, rest) => Members(owner, rest));
        var identify = Gen.Select(
            user, email, Traits, Context, Time, id, Gen.Select(account, Signature),
            (owner, mail, traits, context, time, eventId, signed) => Members(owner, mail, traits, context, time, eventId, signed.Item1, signed.Item2));
        var sync = Gen.Select(user, synced, syncedAt, id, (owner, data, time, eventId) => Members(owner, data, time, eventId));
        var any = Gen.Frequency(
            (4, track.Select(text => Members("\"type\":\"track\"", text))),
            (2, identify.Select(text => Members("\"type\":\"identify\"", text))),
            (1, sync.Select(text => Members("\"type\":\"sync\"", text))));

        Track = track.Select(Whole);
        Identify = identify.Select(Whole);
        Sync = sync.Select(Whole);
        Batch = any.Array[Gen.Frequency((60, Gen.Int[0, 4]), (3, Gen.Int[5, 30]), (1, Gen.OneOf(100, 1_001)))]
            .Select(items => Whole($"\"batch\":[{Objects(items)}]"));
    }

    public Gen<string> Track { get; }

    public Gen<string> Identify { get; }

    public Gen<string> Sync { get; }

    public Gen<string> Batch { get; }

    private static string Whole(string members) => "{" + members + "}";

    private static string Objects(IEnumerable<string> items) => string.Join(',', items.Select(Whole));

    private static string Members(params IEnumerable<string> members) => string.Join(',', members.Where(member => member.Length > 0));
}
