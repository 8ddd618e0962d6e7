using System.Globalization;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Tests.D1;

/// <summary>The values of a write, under the names that they have in its script.</summary>
internal sealed class NamedValues : Binder
{
    private readonly Dictionary<string, object?> values = [];

    public static IReadOnlyDictionary<string, object?> Of(Write write)
    {
        var named = new NamedValues();
        write.Bind(named);
        return named.values;
    }

    public override void Set(string name, long value) => values.Add(name, value);

    protected override void SetText(string name, ReadOnlySpan<byte> value) => values.Add(name, System.Text.Encoding.UTF8.GetString(value));

    protected override void SetNull(string name) => values.Add(name, null);
}

/// <summary>
/// Writes in which each statement of each script has something to do at least once. A new script needs a write here; which statement has
/// had nothing to do, a test says.
/// </summary>
internal static class Story
{
    /// <summary>When the server received all of it.</summary>
    public const string Received = "2024-06-01T12:00:00.000Z";

    private const string Ada = "visitor-ä-😀";

    private const string Google = """{"utm_source":"google"}""";

    private const string Bing = """{"utm_source":"bing"}""";

    // A touch that does not count.
    private const string Direct = """{"landing_page":"/"}""";

    /// <summary>Rows that the owner has inserted by hand before.</summary>
    public const string RowsByHand = """
        INSERT INTO users (glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at)
        VALUES
          ('hand-1', 'Hand@Example.com', json_object('plan', 'free', 'n', 1.5, 'long', hex(zeroblob(300))),
            '{"first_touch":{"utm_source":"paper","timestamp":"2023-01-01T00:00:00.000Z"},"last_touch":{"utm_source":"tv"}}',
            '2023-01-01 00:00:00', '2023-02-01T00:00:00.000Z', 1, '2023-01-15T00:00:00.000Z', '2023-01-01T00:00:00.000Z', '2023-02-01T00:00:00.000Z'),
          ('hand-2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2023-01-01T00:00:00.000Z', NULL),
          ('hand-5', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
          ('hand-3', 'three@example.com', json_object('long', hex(zeroblob(300))), NULL, NULL, NULL, 1, NULL, NULL, NULL),
          ('hand-4', 'four@example.com', '{}', '{"first_touch":{}}', NULL, NULL, 1, NULL, NULL, NULL);
        INSERT INTO events (event_id, glue_user_id, event, timestamp, created_at) VALUES
          ('by-hand', 'hand-1', 'visit', '2023-01-01T00:00:00.000Z', NULL), ('odd-by-hand', 'hand-5', 'visit', 'yesterday', NULL);
        INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, traits, created_at)
        VALUES
          ('hand-1', 'i-by-hand', 'identify', '2023-03-01', 'other@example.com', json_object('size', 'S', 'long', hex(zeroblob(300))), '2023-03-01T00:00:00.000Z'),
          ('hand-5', 'odd-by-hand', 'identify', 'yesterday', 'other@example.com', NULL, '2023-03-01T00:00:00.000Z');
        """;

    private static long ReceivedAt => Milliseconds(Received);

    /// <summary>The writes, in their order; each may be run once.</summary>
    public static IReadOnlyList<Write> Writes() => [new ReportWatch(Log.Events, 6), .. Events(), .. Identities(), .. Columns(), .. Others(), .. Adopted(), .. Erased(), new ReportChanged(LastChange)];

    // There are some behind it.
    private const long LastChange = 7;

    // Two chunks, of which one takes the place of the other; from then on changes are noted.
    private static IEnumerable<Write> Columns()
    {
        var row = new LogRow(1, 7, 1_717_200_000_000, "e1", "page_view", "shop.example/", 3, null, new DataGlue.Edge.Reports.ClientFacts("mobile", null, null, "DE"), 9, 0, 0, false);
        var chunk = EncodedChunk.Of(Log.Events, 7, [row]);
        return
        [
            new ReportFormat(),
            new ReportWatch(Log.Events, 6),
            new ReportWatch(Log.Identities, 4),
            new ReportChunk(Log.Events, 7, 1, 6, [], chunk),
            new ReportChunk(Log.Events, 8, 1, 6, [], EncodedChunk.Of(Log.Events, 8, [row with { Browser = 8, Page = "app.example/" }])),
            new ReportStored(Log.Events, 6),
            new ReportChunk(Log.Events, 9, 7, 12, [], chunk),
            new ReportWatch(Log.Events, 6),
            new ReportChunk(Log.Events, 7, 1, 7, [1], chunk),
            new ReportChunk(Log.Events, 8, 1, 7, [4_000], null),
        ];
    }

    private static IEnumerable<Write> Events() =>
    [
        Event("e1", "10:00", touch: Google),
        Event("e2", "11:00", touch: Direct, properties: """{"n":2}"""),
        Event("e3", "11:00", user: "bare"),

        Event("e0", "08:00", name: "page_view"),

        // Known, earlier, with another touch and less of the rest.
        Event("e1", "09:00", touch: Direct, email: "ada@example.com"),
        Event("e1", "09:00", touch: Bing, properties: """{"n":3}"""),
        Event("e1", "09:00", touch: Google, properties: """{"n":4}"""),
        Event("e1", "09:00", user: "thief"),

        // The same event live and then with an id, and the other way round.
        Event("live-1", "12:00", live: true, touch: Google),
        Event("e4", "12:00", touch: Google),
        Event("live-1", "12:00"),
        Event("live-2", "11:00", live: true, touch: Google, properties: """{"n":2}"""),
        Event("live-3", "11:00", user: "bare", live: true, email: "bare@example.com"),

        // A trusted write has its id, whoever came first, and a touch of its own before that of a public report.
        Event("order-1", "10:00", user: "early", touch: Google),
        Again(Event("order-1", "11:00", user: "shop", touch: Bing, trusted: true), owner: "early"),
        Event("order-1", "09:00", user: "shop", touch: Google, email: "shop@example.com"),
        Event("order-2", "10:00", user: "early"),
        Again(Identity("order-2", "10:00", user: "shop", email: "shop@example.com", trusted: true), owner: "early"),

        Event("e5", "10:00", user: "hand-1", touch: Google),
        Event("live-4", "10:00", user: "hand-2", live: true, touch: Google),
        Event("an @user 'quoted' :event\nline", "10:00", user: "odd", properties: """{"@user":"? ?1 \\n \u0001 '' --","é":[1e300,0.1,null]}"""),

        Event("e6", "10:30", user: "account", account: "acc-1"),
        Event("x1", "10:00", user: "expirer", touch: Google),
        Event("e7", "10:30", user: "claimer", email: "claim@example.com", isClaim: true),
        Event("e8", "10:30", user: "claimer", account: "acc-3", isClaim: true),
        Event("e10", "10:50", user: "claimer", name: "purchase"),
        Event("e11", "10:55", user: "account", name: "add_to_cart"),
        Event("e9", "10:40", user: "claimer", name: "page_view", properties: """{"url":"https://shop.example/pricing"}"""),

        // The very same again.
        Event("an @user 'quoted' :event\nline", "10:00", user: "odd", properties: """{"@user":"? ?1 \\n \u0001 '' --","é":[1e300,0.1,null]}"""),
    ];

    private static IEnumerable<Write> Identities() =>
    [
        Identity("i1", "10:30", email: "Ada@Example.com", traits: """{"a":1,"b":{"c":[1,2]},"ü":"😀"}""", touch: Google),
        Identity("i2", "10:40", email: "ADA@example.com", traits: """{"a":null,"d":2.50}"""),
        Identity("i3", "10:50", email: "Ädä@Example.com"),
        Identity("i4", "10:20", email: "old@example.com", traits: """{"a":0,"late":true}"""),
        Identity("i2", "10:35", email: "ADA@example.com", traits: """{"d":3}"""),
        Identity("i2", "10:35", user: "thief", email: "thief@example.com"),
        Identity("e2", "10:35", user: "thief", email: "thief@example.com"),
        Identity("i5", "10:30", user: "new", email: "new@example.com", touch: Google),
        Identity("i5", "10:30", user: "new", email: "new@example.com", touch: Google),
        Identity("i6", "10:30", user: "hand-3", email: "three@example.com", traits: """{"x":1}"""),
        .. IdentityWrite.Of(Sync(Ada, "11:30"), Profile(), isClaim: false, IgnoredReferrers.None),
        Identity("i7", "10:45", email: "Ädä@Example.com", traits: """{"d":4}"""),
        Identity("i7", "10:15", email: "claim@example.com", isClaim: true),
        Identity("i8", "10:45", user: "account", account: "acc-1"),
        Identity("i9", "10:40", user: "account", account: "acc-2", traits: """{"n":12345678901234567890,"f":2.50}"""),
        Identity("i12", "10:50", user: "account", account: "acc-3", isClaim: true),
        Identity("i13", "10:55", user: "account", account: "acc-1", email: "acc@example.com"),

        // More keys than a profile shows.
        Identity("k1", "10:00", user: "many", email: "many@example.com", traits: Keys("a", 700)),
        Identity("k2", "11:00", user: "many", email: "many@example.com", traits: Keys("b", 700)),
        Identity("k3", "09:00", user: "many", email: "many@example.com", traits: Keys("c", 200)),
        Identity("i10", "10:50", user: "long", email: "long@example.com", traits: $$"""{"a":"{{new string('ä', 300)}}","b":"{{new string('b', 600)}}","c":1}"""),
        Identity("i11", "10:40", user: "long", email: "long@example.com", traits: $$"""{"b":"{{new string('c', 600)}}","d":"{{new string('d', 600)}}"}"""),
        Identity("i10", "10:30", user: "long", email: "long@example.com", traits: $$"""{"a":"{{new string('e', 600)}}","c":null}"""),
        Identity("b1", "10:00", user: "back", email: "back@example.com", traits: $$"""{"a":1,"b":"{{new string('b', 600)}}"}"""),
        Identity("b2", "11:00", user: "back", email: "back@example.com"),
        new TakeBackWrite(new TakenRow { GlueUserId = "back", Kind = "identify" }, "b1", ReceivedAt),
        Identity("b3", "10:00", user: "gone", email: "gone@example.com"),
        new TakeBackWrite(new TakenRow { GlueUserId = "gone", Kind = "identify" }, "b3", ReceivedAt),
        Identity("k4", "12:00", user: "many", email: "many@example.com", traits: $$"""{"long":"{{new string('ö', 66_000)}}"}"""),
    ];

    private static IEnumerable<Write> Others() =>
    [
        new LastSyncedWrite(Sync(Ada, "12:30")),
        new LastSyncedWrite(Sync(Ada, "12:20")),
        new LastSyncedWrite(Sync("synced", "12:20")),
        Session("""{"pages":1}""", "12:30"),
        Session("""{"pages":2}""", "12:40"),
        Session("""{"pages":0}""", "12:10"),
        new SessionWrite(Sync("bare", "12:40"), new Session(Text("session-1"), Text("{}"))),
        new ProbeWrite(Text(Received)),
        new ProbeWrite(Text(Received)),
        .. Enumerable.Range(1, 7).Select(i => new OutboxWrite(Text($$"""{"type":"track","received":{{i}},"item":{"event":"é😀"} }"""), Text(Received))),
        new AsideWrite(1, "400: it's faulty", Text(Received)),
        new AsideWrite(2, "409", Text(Received)),
        new AsideWrite(3, "409", Text(Received)),
        new AsideWrite(99, "409", Text(Received)),
        new AsideRemoval(1, again: true),
        new AsideRemoval(2, again: false),
        new AsideRemoval(99, again: false),
        new OutboxPostpone([5, 6], Text(Received)),
        new OutboxDelete([4, 5, 99]),
        new HomeIdWrite("a"),
        new ForgetHomeWrite(),
        new HomeIdWrite("b"),
    ];

    private static IEnumerable<Write> Adopted() =>
    [
        Identity("i14", "10:00", user: "hand-1", email: "hand@example.com"),
        new AdoptedEvent(new EventByHand { Id = 1, GlueUserId = "hand-1", Name = "visit", Timestamp = "2023-01-01", Email = "own@example.com" }, IgnoredReferrers.None),
        new AdoptedIdentity(new IdentityByHand
        {
            Id = 1, GlueUserId = "hand-1", Timestamp = "2023-03-01", Email = "other@example.com", Traits = $$"""{"size":"S","long":"{{new string('0', 600)}}"}""",
        }),
        new AdoptedProfile("hand-1", 1, ReceivedAt),
        new AdoptedProfile("nobody-yet", 1, ReceivedAt),
    ];

    private static IEnumerable<Write> Erased() =>
    [
        new TombstonesWrite([new Tombstone("00ff", Whole: true, EventKey.Start, EventKey.EndOf(Received)), new Tombstone("00fe", Whole: false, EventKey.Start, EventKey.EndOf(Received))], "email", "0123abcd", ReceivedAt, _ => { }),
        new RowsErasure("events", [1, 99]),
        new RowsErasure("events", [5]),
        new EventEmailErasure([14]),
        new EmailErasure(7, 7),
        new RowsErasure("sessions", [1]),
        new IdentityErasure(1),
        new ProfileErasure("hand-1", whole: false, ReceivedAt),
        new ProfileErasure("synced", whole: true, ReceivedAt),
        new ErasureEnd([1], new Dictionary<string, long> { ["events"] = 1 }),
        Session("""{"pages":3}""", "12:50"),
        new SessionWrite(Sync(Ada, "12:50"), new Session(Text("session-1"), Text("{}")), needsEvent: true),
        new ExpireWrite("expirer", [.. Enumerable.Range(3, 40).Select(id => new ExpiredEventRow { Id = id, Timestamp = "2024-01-04T10:00:00.000Z", EventId = "x", Touch = Google, TouchCounts = 1 })], null, "2025", ReceivedAt),
        new ExpireWrite("expirer", [new ExpiredEventRow { Id = 99, Timestamp = "2024-01-04T11:00:00.000Z", EventId = "y", Touch = Bing, TouchCounts = 1 }], null, "2025", ReceivedAt),
        new ExpireWrite("expirer", [new ExpiredEventRow { Id = 99, Timestamp = "2024-01-04T12:00:00.000Z", EventId = "z", Touch = Bing, TouchCounts = 1 }], null, "2025", ReceivedAt),
        new TombstonesFromHome("00ff", (7, "00fb"), [["00fb", "0", "", "", "~", ""]]),
        new TombstonesTaken([["00fd", "1", "", "", "~", ""]], applied: false),
    ];

    private static EventWrite Event(
        string id, string time, string user = Ada, bool live = false, string? touch = null, string? email = null, string? account = null,
        string name = "Käufe 😀", string properties = """{"n":1}""", bool trusted = false, bool isClaim = false) => new(
            new Track
            {
                GlueUserId = Text(user),
                Received = ReceivedAt,
                Timestamp = At(time),
                EventId = Text(id),
                Provenance = trusted ? Provenance.Server : Provenance.Page,
                ServerMade = live,
                SessionId = Text("session-1"),
                Event = Text(name),
                Properties = Json(properties),
                Email = Text(email),
                UserId = Text(account),
                Context = touch is null ? null : Json(touch),
            },
            isClaim,
            IgnoredReferrers.None);

    private static IdentityWrite Identity(
        string id, string time, string user = Ada, string? email = null, string? account = null, string? traits = null, string? touch = null,
        bool trusted = false, bool isClaim = false) => IdentityWrite.Of(
            new Identify
            {
                GlueUserId = Text(user),
                Received = ReceivedAt,
                Timestamp = At(time),
                EventId = Text(id),
                Provenance = trusted ? Provenance.Server : Provenance.Page,
                Email = Text(email),
                UserId = Text(account),
                Traits = traits is null ? null : Json(traits),
                Context = touch is null ? null : Json(touch),
            },
            isClaim,
            IgnoredReferrers.None);

    // As it is submitted once more when its first run has answered that this visitor's event has its id.
    private static LogWrite Again(LogWrite write, string owner)
    {
        var answer = new Row();
        answer.Add("owner", 0, owner);
        write.Read(answer);
        Assert.True(write.TryPrepareRerun());
        return write;
    }

    private static Profile Profile() => new()
    {
        Others = [new JsonMember("synced", Json("1"))],
        FirstSeen = At("07:30"),
        LastSeen = At("14:30"),
        Touches =
        [
            new ProfileTouch(IsFirst: true, At("08:30"), [new JsonMember("utm_source", Json("\"first\""))]),
            new ProfileTouch(IsFirst: false, At("13:30"), [new JsonMember("utm_source", Json("\"last\""))]),
        ],
        AttributionOthers = [],
    };

    private static SessionWrite Session(string data, string time) => new(Sync(Ada, time), new Session(Text("session-2"), Text(data)));

    private static Sync Sync(string user, string time) =>
        new() { GlueUserId = Text(user), Received = ReceivedAt, Timestamp = At(time), Sessions = [], Events = [] };

    private static string Keys(string prefix, int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{prefix}{i}\":{i}"))}}}";

    private static long At(string time) => Milliseconds($"2024-01-04T{time}:00.000Z");

    private static long Milliseconds(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private static JsonText Json(string text)
    {
        var reader = new System.Text.Json.Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(text));
        reader.Read();
        return JsonText.Read(ref reader, "", new Faults());
    }

    private static Utf8Text Text(string? text) => Utf8Text.From(text);
}
