using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Journeys;

/// <summary>Every query of a journey. Each is a transaction of its own, so that a slow client holds none open; <see cref="Snapshot"/> hides later events.</summary>
internal sealed class JourneyReader(Database database)
{
    /// <summary>The row id of the newest event that a journey read now may hold.</summary>
    public long Snapshot() => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/newest_event")));

    public ProfileRow? Profile(string user, long snapshot) =>
        database.Read(connection => connection.QueryFirstOrDefault<ProfileRow>(SqlFile.Read("read/profile"), new { user, snapshot }));

    public SpanRow SpanOf(string user, long snapshot) => database.Read(connection => connection.QueryFirst<SpanRow>(SqlFile.Read("read/journey_span"), new { user, snapshot }));

    /// <summary>The event with that id, of any profile.</summary>
    public EventRow? Find(string eventId) => database.Read(connection => connection.QueryFirstOrDefault<EventRow>(SqlFile.Read("read/event"), new { eventId }));

    /// <summary>At most so many events of a profile between two places, both left out (no bound: to the end), and about <paramref name="maxSize"/> characters; one event always fits.</summary>
    public List<EventRow> Page(string user, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        var end = bound ?? EventKey.End;
        using var connection = database.OpenReader();
        return Within(maxSize, connection.Query<EventRow>(
            SqlFile.Read("read/journey_page"),
            new { user, snapshot, afterTime = after.Timestamp, afterId = after.EventId, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false));
    }

    /// <summary>The same of those in a window that name nobody themselves.</summary>
    public List<EventRow> Page(string user, Window window, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        var inclusive = EventKey.Utf8Order.Compare(window.From, after) > 0;
        var (start, end) = (inclusive ? window.From : after, Least(window.To, bound) ?? EventKey.End);
        using var connection = database.OpenReader();
        return Within(maxSize, connection.Query<EventRow>(
            SqlFile.Read("read/window_page"),
            new { user, snapshot, startTime = start.Timestamp, startId = start.EventId, inclusive, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false));
    }

    /// <summary>The same of those that name an <c>account</c> or an <c>email</c> themselves.</summary>
    public List<EventRow> NamedPage(string kind, string value, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        var end = bound ?? EventKey.End;
        using var connection = database.OpenReader();
        return Within(maxSize, connection.Query<EventRow>(
            SqlFile.Read($"read/{kind}_page"),
            new { value, snapshot, afterTime = after.Timestamp, afterId = after.EventId, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false));
    }

    public SpanRow SpanOf(string user, Window window, long snapshot)
    {
        var end = window.To ?? EventKey.End;
        return database.Read(connection => connection.QueryFirst<SpanRow>(
            SqlFile.Read("read/window_span"),
            new { user, snapshot, startTime = window.From.Timestamp, startId = window.From.EventId, boundTime = end.Timestamp, boundId = end.EventId }));
    }

    public SpanRow NamedSpan(string kind, string value, long snapshot) =>
        database.Read(connection => connection.QueryFirst<SpanRow>(SqlFile.Read($"read/{kind}_span"), new { value, snapshot }));

    public EventRow? NewestNamed(string kind, string value, long snapshot) =>
        database.Read(connection => connection.QueryFirstOrDefault<EventRow>(SqlFile.Read($"read/{kind}_newest"), new { value, snapshot }));

    /// <summary>The account that an e-mail belongs to; null where it belongs to none.</summary>
    /// <param name="key">The key of the e-mail.</param>
    public string? AccountOf(string key) => database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/account_of_email"), new { key }));

    /// <summary>The keys of the e-mails that were named together with an account.</summary>
    public List<string> EmailsOf(string account) =>
        database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/emails_of_account"), new { account })]);

    /// <summary>The browsers that identifications by a name joined.</summary>
    public List<NamedBrowserRow> BrowsersOf(string name) =>
        database.Read<List<NamedBrowserRow>>(connection => [.. connection.Query<NamedBrowserRow>(SqlFile.Read("read/browsers_of_name"), new { name })]);

    /// <summary>The profiles that were inserted by hand with an e-mail and have no log yet.</summary>
    /// <param name="key">The key of the e-mail.</param>
    public List<string> BrowsersByHand(string key) =>
        database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/browsers_by_hand"), new { key })]);

    /// <summary>Where the first spans of a browser begin, at most so many.</summary>
    public List<SpanStartRow> SpansOf(string user, int most) =>
        database.Read<List<SpanStartRow>>(connection => [.. connection.Query<SpanStartRow>(SqlFile.Read("read/spans_of_browser"), new { user, most })]);

    /// <summary>These browsers, as far as they have a profile, the one seen last first.</summary>
    public List<string> ByLastSeen(IEnumerable<string> browsers)
    {
        var users = JsonList(browsers);
        return database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/users_by_last_seen"), new { users })]);
    }

    /// <summary>At most so many identifications by a name, or claims, behind one; null: from the first on.</summary>
    /// <param name="file"><c>identifications</c>, <c>claims_of_account</c> or <c>claims_of_email</c>.</param>
    /// <param name="name">The name, the account, or the key of the e-mail.</param>
    public List<IdentificationRow> Identifications(string file, string name, IdentificationRow? after, int most)
    {
        var (user, timestamp, eventId, kind) = (after?.GlueUserId ?? "", after?.Timestamp ?? "", after?.EventId ?? "", after?.Kind ?? "");
        return database.Read<List<IdentificationRow>>(connection =>
            [.. connection.Query<IdentificationRow>(SqlFile.Read($"read/{file}"), new { name, user, timestamp, eventId, kind, most })]);
    }

    /// <summary>Of each key of a browser's traits the newest that is in the windows, in the order of the keys.</summary>
    public void EachTraitOf(PersonBrowser browser, Action<TraitLogRow> take)
    {
        using var connection = database.OpenReader();
        var taken = default(string);
        foreach (var row in connection.Query<TraitLogRow>(SqlFile.Read("read/trait_log"), new { user = browser.GlueUserId }, buffered: false))
        {
            if (row.Name != taken && browser.Has(row.Key))
            {
                taken = row.Name;
                take(row);
            }
        }
    }

    public string? LongTrait(string user, TraitLogRow trait) => database.Read(connection => connection.QueryFirstOrDefault<string>(
        SqlFile.Read("read/long_trait"), new { user, eventId = trait.EventId, kind = trait.Kind, name = trait.Name }));

    // Dapper's generator does not see what the one of JSON makes.
    private static string JsonList(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts], ServerJson.Wire.ListString);

    private static EventKey? Least(EventKey? one, EventKey? other) =>
        one is not { } x ? other : other is { } y && EventKey.Utf8Order.Compare(y, x) < 0 ? other : one;

    private static List<EventRow> Within(int maxSize, IEnumerable<EventRow> events)
    {
        var rows = new List<EventRow>();
        var size = 0;
        foreach (var row in events)
        {
            rows.Add(row);
            size += row.Size;
            if (size >= maxSize)
            {
                break;
            }
        }

        return rows;
    }
}
