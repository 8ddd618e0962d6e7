using Dapper;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Journeys;

/// <summary>Every query of a journey, for one request. Each is a transaction of its own, so that none is long; a snapshot hides later events.</summary>
internal sealed class JourneyReader(Database database) : IDisposable
{
    /// <summary>How many browsers or windows one query asks for, so that it holds up nobody.</summary>
    public const int Together = 100;

    private SqliteConnection? open;

    private SqliteConnection Connection => open ??= database.OpenReader();

    /// <summary>Gives the connection back until the next query: a slow client keeps none.</summary>
    public void Release()
    {
        open?.Dispose();
        open = null;
    }

    public void Dispose() => Release();

    /// <summary>The row id of the newest event that a journey read now may hold.</summary>
    public long Snapshot() => Connection.ExecuteScalar<long>(SqlFile.Read("read/newest_event"));

    /// <summary>The profiles of these browsers in their order, without those that have none.</summary>
    public List<ProfileRow> Profiles(IEnumerable<string> browsers, long snapshot)
    {
        var users = JsonList(browsers);
        return [.. Connection.Query<ProfileRow>(SqlFile.Read("read/profiles"), new { users, snapshot })];
    }

    /// <summary>The event with that id, of any profile.</summary>
    public EventRow? Find(string eventId) => Connection.QueryFirstOrDefault<EventRow>(SqlFile.Read("read/event"), new { eventId });

    /// <summary>Takes the events of a browser between two places, both left out (no bound: to the end), until the page is full.</summary>
    public void Fill(EventPage page, string user, EventKey after, EventKey? bound, long snapshot)
    {
        var (end, most) = (bound ?? EventKey.End, page.Left);
        page.Take(Connection.Query<EventRow>(
            SqlFile.Read("read/journey_page"),
            new { user, snapshot, afterTime = after.Timestamp, afterId = after.EventId, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false));
    }

    /// <summary>The same of those in a window that name nobody themselves.</summary>
    public void Fill(EventPage page, string user, Window window, EventKey after, EventKey? bound, long snapshot)
    {
        var inclusive = EventKey.Utf8Order.Compare(window.From, after) > 0;
        var (start, end, most) = (inclusive ? window.From : after, Least(window.To, bound) ?? EventKey.End, page.Left);
        page.Take(Connection.Query<EventRow>(
            SqlFile.Read("read/window_page"),
            new { user, snapshot, startTime = start.Timestamp, startId = start.EventId, inclusive, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false));
    }

    /// <summary>The same of those that have a name of their own.</summary>
    public void FillNamed(EventPage page, string name, EventKey after, EventKey? bound, long snapshot)
    {
        var (end, most) = (bound ?? EventKey.End, page.Left);
        page.Take(Connection.Query<EventRow>(
            SqlFile.Read("read/named_page"),
            new { name, snapshot, afterTime = after.Timestamp, afterId = after.EventId, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false));
    }

    public SummaryRow SummaryOf(string user, long snapshot) => Connection.QueryFirst<SummaryRow>(SqlFile.Read("read/journey_span"), new { user, snapshot });

    /// <summary>Of the events in windows of browsers that name nobody themselves.</summary>
    public SummaryRow SummaryOf(IEnumerable<(string GlueUserId, Window Window)> browsers, long snapshot)
    {
        var windows = JsonLists(browsers.Select(row => (List<string>)
            [row.GlueUserId, row.Window.From.Timestamp, row.Window.From.EventId, (row.Window.To ?? EventKey.End).Timestamp, (row.Window.To ?? EventKey.End).EventId]));
        return Connection.QueryFirst<SummaryRow>(SqlFile.Read("read/window_spans"), new { windows, snapshot });
    }

    /// <summary>Of the events that have one of these names of their own.</summary>
    public SummaryRow SummaryOf(IEnumerable<string> ownNames, long snapshot)
    {
        var names = JsonList(ownNames);
        return Connection.QueryFirst<SummaryRow>(SqlFile.Read("read/named_spans"), new { names, snapshot });
    }

    /// <summary>The browser of the newest event that has one of these names of its own.</summary>
    public string? NewestNamed(IEnumerable<string> ownNames, long snapshot)
    {
        var names = JsonList(ownNames);
        return Connection.QueryFirstOrDefault<string>(SqlFile.Read("read/named_newest"), new { names, snapshot });
    }

    /// <summary>The account that each of these e-mails belongs to, by their keys.</summary>
    public List<EmailAccountRow> AccountsOf(IEnumerable<string> emails)
    {
        var keys = JsonList(emails);
        return [.. Connection.Query<EmailAccountRow>(SqlFile.Read("read/accounts_of_emails"), new { keys })];
    }

    /// <summary>The keys of the e-mails that were named together with an account.</summary>
    public List<string> EmailsOf(string account) => [.. Connection.Query<string>(SqlFile.Read("read/emails_of_account"), new { account })];

    /// <summary>The browsers that identifications by these names joined.</summary>
    public List<JoinedBrowserRow> BrowsersOf(IEnumerable<string> joining)
    {
        var names = JsonList(joining);
        return [.. Connection.Query<JoinedBrowserRow>(SqlFile.Read("read/browsers_of_names"), new { names })];
    }

    /// <summary>Where the first spans of each browser begin, at most so many of each.</summary>
    public List<SpanStartRow> SpansOf(IEnumerable<string> browsers, int most)
    {
        var users = JsonList(browsers);
        return [.. Connection.Query<SpanStartRow>(SqlFile.Read("read/spans_of_browsers"), new { users, most })];
    }

    /// <summary>The spans of a browser behind a place, at most so many.</summary>
    public List<SpanStartRow> SpansAfter(string user, EventKey after, int most)
    {
        var (time, id) = (after.Timestamp, after.EventId);
        return [.. Connection.Query<SpanStartRow>(SqlFile.Read("read/spans_after"), new { user, time, id, most })];
    }

    /// <summary>The e-mail of the newest identification by one of these names; null where none has any.</summary>
    public string? NewestEmailOf(IEnumerable<string> joining)
    {
        var names = JsonList(joining);
        return Connection.QueryFirstOrDefault<string>(SqlFile.Read("read/newest_email_of_names"), new { names });
    }

    /// <summary>These browsers, as far as they have a profile, the one seen last first.</summary>
    public List<string> ByLastSeen(IEnumerable<string> browsers)
    {
        var users = JsonList(browsers);
        return [.. Connection.Query<string>(SqlFile.Read("read/users_by_last_seen"), new { users })];
    }

    /// <summary>At most so many identifications by a name, or claims, behind one; null: from the first on.</summary>
    /// <param name="file"><c>identifications</c>, <c>claims_of_account</c> or <c>claims_of_email</c>.</param>
    /// <param name="name">The name, the account, or the key of the e-mail.</param>
    public List<IdentificationRow> Identifications(string file, string name, IdentificationRow? after, int most)
    {
        var (user, timestamp, eventId, kind) = (after?.GlueUserId ?? "", after?.Timestamp ?? "", after?.EventId ?? "", after?.Kind ?? "");
        return [.. Connection.Query<IdentificationRow>(SqlFile.Read($"read/{file}"), new { name, user, timestamp, eventId, kind, most })];
    }

    /// <summary>Of each key of each browser's traits the newest that is in its windows.</summary>
    public void EachTraitOf(IEnumerable<PersonBrowser> browsers, Action<TraitLogRow> take)
    {
        foreach (var some in browsers.Chunk(Together))
        {
            var (byId, users) = (some.ToDictionary(browser => browser.GlueUserId), JsonList(some.Select(browser => browser.GlueUserId)));
            var taken = default(TraitLogRow);
            foreach (var row in Connection.Query<TraitLogRow>(SqlFile.Read("read/trait_log"), new { users }, buffered: false))
            {
                if ((row.GlueUserId, row.Name) != (taken?.GlueUserId, taken?.Name) && byId[row.GlueUserId].Has(row.Key))
                {
                    taken = row;
                    take(row);
                }
            }
        }
    }

    /// <summary>A long value of traits.</summary>
    public string? LongTrait(TraitLogRow trait) => Connection.QueryFirstOrDefault<string>(
        SqlFile.Read("read/long_trait"), new { user = trait.GlueUserId, eventId = trait.EventId, kind = trait.Kind, name = trait.Name });

    // Dapper's generator does not see what the one of JSON makes.
    private static string JsonList(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts], ServerJson.Wire.ListString);

    private static string JsonLists(IEnumerable<List<string>> lists) => JsonSerializer.Serialize([.. lists], ServerJson.Wire.ListListString);

    private static EventKey? Least(EventKey? one, EventKey? other) =>
        one is not { } x ? other : other is { } y && EventKey.Utf8Order.Compare(y, x) < 0 ? other : one;
}
