using Dapper;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Privacy;

/// <summary>Finds what is to be erased, some rows at a time.</summary>
internal sealed class ErasureReader(Database database)
{
    private const int Most = 500;

    /// <summary>The tombstones whose rows may not all be gone.</summary>
    public List<TombstoneRow> Pending() =>
        database.Read<List<TombstoneRow>>(connection => [.. connection.Query<TombstoneRow>(SqlFile.Read("read/tombstones_pending"))]);

    /// <summary>Events of a browser from a place on that a tombstone covers.</summary>
    public List<ErasableRow> Events(string user, Tombstone tombstone, EventKey start) => Covered("read/erasable_events", user, tombstone, start);

    public List<ErasableRow> Sessions(string user, Tombstone tombstone) => Covered("read/erasable_sessions", user, tombstone, tombstone.Start);

    /// <summary>Rows of the identity log of a browser that name nobody.</summary>
    public List<ErasableRow> Nameless(string user, Tombstone tombstone) => Covered("read/erasable_nameless", user, tombstone, tombstone.Start);

    /// <summary>Events with a name of their own.</summary>
    public List<ErasableRow> NamedEvents(string name, EventKey end) => Named("read/erasable_named_events", name, end);

    /// <summary>Identifications of others that carry an e-mail.</summary>
    /// <param name="email">The key of the e-mail.</param>
    public List<ErasableEmailRow> Emails(string email, EventKey end) => database.Read<List<ErasableEmailRow>>(connection =>
        [.. connection.Query<ErasableEmailRow>(SqlFile.Read("read/erasable_emails"), new { email, endTime = end.Timestamp, endId = end.EventId, most = Most })]);

    /// <summary>Events of others that carry an e-mail, in any case of its ASCII letters.</summary>
    public List<ErasableRow> EmailsOfEvents(string email, EventKey end) => Named("read/erasable_emails_of_events", email, end);

    /// <summary>Events that claim an e-mail, in any case of its ASCII letters.</summary>
    public List<ErasableRow> ClaimedEvents(string email, EventKey end) => Named("read/erasable_claimed_events", email, end);

    /// <summary>Events that claim an account.</summary>
    public List<ErasableRow> ClaimedEventsOfAccount(string account, EventKey end) => Named("read/erasable_claimed_events_of_account", account, end);

    /// <summary>How events that claim an e-mail spell it, the case of ASCII letters apart.</summary>
    /// <param name="key">The key of the e-mail; null of none.</param>
    public List<string> SpellingsOf(string? key) => key is null ? [] : [.. TextsIn("read/claimed_emails_of_events").Where(email => KeyOf(email) == key)];

    /// <summary>Rows of the identity log of a browser that name somebody.</summary>
    public List<ErasableRow> Naming(string user, EventKey end) => Rows(connection => connection.Query<ErasableRow>(
        SqlFile.Read("read/erasable_naming"), new { user, endTime = end.Timestamp, endId = end.EventId, most = Most }));

    /// <summary>Rows of the identity log that name an account or an e-mail.</summary>
    public List<ErasableRow> ByName(string name, EventKey end)
    {
        var (account, email) = (PersonName.AccountOf(name), PersonName.EmailOf(name));
        return Rows(connection => connection.Query<ErasableRow>(
            SqlFile.Read("read/erasable_by_name"), new { name, account, email, endTime = end.Timestamp, endId = end.EventId, most = Most }));
    }

    /// <summary>Events from before a time.</summary>
    public List<ExpiredEventRow> ExpiredEvents(string before) => database.Read<List<ExpiredEventRow>>(connection =>
        [.. connection.Query<ExpiredEventRow>(SqlFile.Read("read/expired_events"), new { before, most = Most })]);

    /// <summary>Sessions that were synced last before a time.</summary>
    public List<ErasableRow> ExpiredSessions(string before) => Rows(connection => connection.Query<ErasableRow>(SqlFile.Read("read/expired_sessions"), new { before, most = Most }));

    /// <summary>From when to when a browser was there by events that have expired; null where none has.</summary>
    public BaseTimesRow? BaseTimes(string user) =>
        database.Read(connection => connection.QueryFirstOrDefault<BaseTimesRow>(SqlFile.Read("read/base_times"), new { user }));

    /// <summary>The greatest time of what is known of a browser; null where nothing is.</summary>
    public string? NewestOfBrowser(string user) =>
        database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/newest_of_browser"), new { user })) is { Length: > 0 } newest ? newest : null;

    /// <summary>The greatest time of the identifications by a name, and of all that claims it; null where there is none.</summary>
    public string? NewestOfName(string name)
    {
        var (account, email) = (PersonName.AccountOf(name), PersonName.EmailOf(name));
        var newest = database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/newest_of_name"), new { name, account, email }));
        return SpellingsOf(email).Select(spelling => database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/newest_claim_of_email"), new { email = spelling })))
            .Append(newest).Max(StringComparer.Ordinal);
    }

    /// <summary>Whether a browser has identified anybody.</summary>
    public bool IsIdentified(string user) =>
        database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/identified_since"), new { user, time = "", id = "" }));

    /// <summary>Every browser that has a profile.</summary>
    public IEnumerable<string> Browsers()
    {
        var after = long.MinValue;
        for (var some = BrowsersAfter(after); some.Count > 0; some = BrowsersAfter(after))
        {
            foreach (var row in some)
            {
                yield return row.GlueUserId;
            }

            after = some[^1].Id;
        }
    }

    /// <summary>Every account and e-mail that was ever named.</summary>
    public IEnumerable<string> Names() => TextsIn("read/names_of_identities").Concat(TextsIn("read/names_of_events"))
        .Concat(TextsIn("read/claimed_accounts").Select(PersonName.OfAccount)).Concat(TextsIn("read/claimed_emails").Select(PersonName.OfEmail))
        .Concat(TextsIn("read/claimed_accounts_of_events").Select(PersonName.OfAccount))
        .Concat(TextsIn("read/claimed_emails_of_events").Select(email => PersonName.OfEmail(KeyOf(email))))
        .Concat(database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/names_taken_back"))]));

    private static string KeyOf(string email) => EmailKey.Of(Utf8Text.From(email)).ToString();

    // Some at a time, in their order.
    private IEnumerable<string> TextsIn(string file)
    {
        var after = "";
        for (var some = TextsAfter(file, after); some.Count > 0; some = TextsAfter(file, after))
        {
            foreach (var name in some)
            {
                yield return name;
            }

            after = some[^1];
        }
    }

    private List<ErasableRow> BrowsersAfter(long after) => Rows(connection => connection.Query<ErasableRow>(SqlFile.Read("read/all_browsers"), new { after, most = Most }));

    private List<string> TextsAfter(string file, string after) =>
        database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read(file), new { after, most = Most })]);

    private List<ErasableRow> Covered(string file, string user, Tombstone tombstone, EventKey start)
    {
        var (end, whole) = (tombstone.End, tombstone.Whole);
        return Rows(connection => connection.Query<ErasableRow>(
            SqlFile.Read(file), new { user, startTime = start.Timestamp, startId = start.EventId, endTime = end.Timestamp, endId = end.EventId, whole, most = Most }));
    }

    private List<ErasableRow> Named(string file, string name, EventKey end) => Rows(connection => connection.Query<ErasableRow>(
        SqlFile.Read(file), new { name, endTime = end.Timestamp, endId = end.EventId, most = Most }));

    private List<ErasableRow> Rows(Func<Microsoft.Data.Sqlite.SqliteConnection, IEnumerable<ErasableRow>> query) => database.Read<List<ErasableRow>>(connection => [.. query(connection)]);
}

/// <summary>A row that is to be erased.</summary>
internal sealed class ErasableRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string? SessionId { get; set; } // of an event

    public EventKey Key => new(Timestamp, EventId);
}

/// <summary>An identification that is to lose its e-mail, and what its fingerprint is made of.</summary>
internal sealed class ErasableEmailRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string? UserId { get; set; }
    public string? Traits { get; set; }
    public string? Context { get; set; }
    public string? FirstSeen { get; set; }
    public string? LastSeen { get; set; }
    public string? Touch { get; set; }

    /// <summary>The fingerprint that it has without an e-mail.</summary>
    public ulong Fingerprint() => IdentityWrite.FingerprintOf(
        default, Utf8Text.From(UserId), Json(Traits), Json(Context), Utf8Text.From(FirstSeen), Utf8Text.From(LastSeen), Utf8Text.From(Touch));

    private static JsonText? Json(string? text) => text is null ? null : JsonText.Parse(Utf8Text.From(text));
}
