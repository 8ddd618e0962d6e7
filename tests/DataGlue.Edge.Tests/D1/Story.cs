using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Tests.D1;

/// <summary>One run of a plan.</summary>
public sealed record Sample(WritePlan Plan, WriteValue[] Values) : IWrite
{
    public static Sample Of(IWrite write) => new(write.Plan, write.Values);

    /// <summary>The statements of a part of the plan, with their values.</summary>
    public IEnumerable<Statement> Bind(IEnumerable<string> statements)
    {
        var values = Plan.Parameters.Zip(Values, (name, value) => (name, value: value.IsNumber ? (object?)value.Number : value.Text.Decode()))
            .ToDictionary(pair => pair.name, pair => pair.value);
        return statements.Select(sql => new Statement(sql, values));
    }
}

/// <summary>
/// Writes in which each statement of each plan has something to do at least once. A new plan needs a sample here; which statement has
/// had nothing to do, a test says.
/// </summary>
public static class Story
{
    /// <summary>When the server received all of it.</summary>
    public const string Received = "2024-06-01T12:00:00.000Z";

    private const string Ada = "visitor-ä-😀";

    private const string Google = """{"utm_source":"google"}""";

    private const string Direct = """{"page":"/"}""";

    // No double holds these.
    private const ulong Large = 0xF123_4567_89AB_CDEF;

    private const ulong Larger = 0xF123_4567_89AB_CDF0;

    /// <summary>Rows that the owner has inserted by hand before.</summary>
    public const string RowsByHand = """
        INSERT INTO users (glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at)
        VALUES
          ('hand-1', 'Hand@Example.com', '{"plan":"free","n":1.5}',
            '{"first_touch":{"utm_source":"paper","timestamp":"2023-01-01T00:00:00.000Z"},"last_touch":{"utm_source":"tv"}}',
            '2023-01-01 00:00:00', '2023-02-01T00:00:00.000Z', 1, '2023-01-15T00:00:00.000Z', '2023-01-01T00:00:00.000Z', '2023-02-01T00:00:00.000Z'),
          ('hand-2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2023-01-01T00:00:00.000Z', NULL),
          ('hand-3', 'three@example.com', NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL),
          ('hand-4', 'four@example.com', '{}', '{"first_touch":{}}', NULL, NULL, 1, NULL, NULL, NULL);
        INSERT INTO events (event_id, glue_user_id, event, timestamp, created_at) VALUES ('by-hand', 'hand-1', 'visit', '2023-01-01T00:00:00.000Z', NULL);
        """;

    /// <summary>The writes, in their order.</summary>
    public static IReadOnlyList<Sample> Samples { get; } = [.. Events, .. Identities, .. Others];

    private static IEnumerable<Sample> Events =>
    [
        Event("e1", "10:00", Large, touch: Google),
        Event("e2", "11:00", Larger, touch: Direct, counts: false),
        Event("e3", "11:00", 7, user: "bare"),

        Event("e0", "08:00", 1, name: "page_view"),

        // Known, earlier, with another touch and less of the rest.
        Event("e1", "09:00", Larger, touch: Direct, email: "ada@example.com"),
        Event("e1", "09:00", Large, touch: """{"utm_source":"bing"}"""),
        Event("e1", "09:00", Large, user: "thief"),

        // The same event live and then with an id, and the other way round.
        Event("live-1", "12:00", Large, live: true, touch: Google),
        Event("e4", "12:00", Large, touch: Google),
        Event("live-1", "12:00", Large),
        Event("live-2", "11:00", Larger, live: true, touch: Google),
        Event("live-3", "11:00", 7, user: "bare", live: true, email: "bare@example.com"),

        Event("e5", "10:00", 0, user: "hand-1", touch: Google),
        Event("live-4", "10:00", ulong.MaxValue, user: "hand-2", live: true, touch: Google),
        Event("an @user 'quoted' :event\nline", "10:00", 1UL << 53, user: "odd", properties: """{"@user":"? ?1 \\n \u0001 '' --","é":[1e300,0.1,null]}"""),
    ];

    private static IEnumerable<Sample> Identities =>
    [
        Identity("i1", "10:30", email: "Ada@Example.com", traits: """{"a":1,"b":{"c":[1,2]},"ü":"😀"}""", touch: Google),
        Identity("i2", "10:40", email: "ADA@example.com", traits: """{"a":null,"d":2.50}"""),
        Identity("i3", "10:50", email: "Ädä@Example.com"),
        Identity("i4", "10:20", email: "old@example.com", traits: """{"a":0,"late":true}"""),
        Identity("i2", "10:35", email: "ADA@example.com", traits: """{"d":3}"""),
        Identity("i2", "10:35", user: "thief", email: "thief@example.com"),
        Identity("e2", "10:35", user: "thief", email: "thief@example.com"),
        Identity("i5", "10:30", user: "new", email: "new@example.com", touch: Google),
        Identity("i6", "10:30", user: "hand-3", traits: """{"x":1}"""),
        Identity("s1", "11:30", kind: IdentityKind.Sync, traits: """{"synced":1}"""),
        Identity("s1", "08:30", kind: IdentityKind.FirstTouch, touch: """{"utm_source":"first"}"""),
        Identity("s1", "13:30", kind: IdentityKind.LastTouch, touch: """{"utm_source":"last"}"""),

        // More keys than a profile holds: the second is passed over, when it is joined and when it is replayed.
        Identity("k1", "10:00", user: "many", traits: Keys("a", 700)),
        Identity("k2", "11:00", user: "many", traits: Keys("b", 700)),
        Identity("k3", "09:00", user: "many", traits: Keys("c", 200)),
        Identity("k4", "12:00", user: "many", traits: $$"""{"long":"{{new string('ö', 66_000)}}"}"""),
    ];

    private static IEnumerable<Sample> Others =>
    [
        Sample.Of(new SyncWrite(Text(Ada), At("12:30"), Text(Received))),
        Sample.Of(new SyncWrite(Text(Ada), At("12:20"), Text(Received))),
        Sample.Of(new SyncWrite(Text("synced"), At("12:20"), Text(Received))),
        Session("""{"pages":1}""", "12:30"),
        Session("""{"pages":2}""", "12:40"),
        Session("""{"pages":0}""", "12:10"),
        Sample.Of(new ProbeWrite(Text(Received))),
        Sample.Of(new ProbeWrite(Text(Received))),
        .. Enumerable.Range(1, 6).Select(i => Sample.Of(new OutboxWrite(Text(Received), Item(i)))),
        Sample.Of(new PutAsideWrite(1, Item(1), Text("400: it's faulty"), Text(Received))),
        Sample.Of(new PutAsideWrite(2, Item(2), Text("409"), Text(Received))),
        Sample.Of(new PutAsideWrite(3, Item(3), Text("409"), Text(Received))),
        Sample.Of(new PutAsideWrite(4, Item(5), Text("409"), Text(Received))),
        Sample.Of(new AsideWrite(1, Again: true)),
        Sample.Of(new AsideWrite(2, Again: false)),
        Sample.Of(new AsideWrite(99, Again: false)),
        Sample.Of(new AcknowledgeWrite(4, Item(4), 5, Item(5))),
        Sample.Of(new HomeWrite(Text("a"))),
        Sample.Of(new HomeWrite(default)),
        Sample.Of(new HomeWrite(Text("b"))),
    ];

    private static Sample Event(
        string id, string time, ulong fingerprint, string user = Ada, bool live = false, string? touch = null, bool counts = true, string? email = null,
        string name = "Käufe 😀", string properties = """{"n":1}""") => Sample.Of(new EventWrite
        {
            GlueUserId = Text(user),
            EventId = Text(id),
            ServerMade = live,
            SessionId = Text("session-1"),
            Event = Text(name),
            Timestamp = At(time),
            Properties = Text(properties),
            Email = Text(email),
            Context = Text(touch),
            Touch = Text(touch),
            TouchCounts = touch is not null && counts,
            Fingerprint = fingerprint,
            Received = Text(Received),
        });

    private static Sample Identity(
        string id, string time, string user = Ada, IdentityKind kind = IdentityKind.Identify, string? email = null, string? traits = null, string? touch = null) =>
        Sample.Of(new IdentityWrite
        {
            GlueUserId = Text(user),
            EventId = Text(id),
            Kind = kind,
            Timestamp = At(time),
            Email = Text(email),
            Traits = Text(traits),
            FirstSeen = At(time),
            LastSeen = At(time),
            Touch = Text(touch),
            TouchCounts = touch is not null,
            Fingerprint = Large,
            Received = Text(Received),
        });

    private static Utf8Text Item(int number) => Text($$"""{"type":"track","received":{{number}},"item":{"event":"é😀"} }""");

    private static Sample Session(string data, string time) =>
        Sample.Of(new SessionWrite(Text(Ada), Text("session-2"), Text(data), At(time), Text(""), Text(Received)));

    private static string Keys(string prefix, int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{prefix}{i}\":{i}"))}}}";

    private static Utf8Text At(string time) => Text($"2024-01-04T{time}:00.000Z");

    private static Utf8Text Text(string? text) => Utf8Text.From(text);
}
