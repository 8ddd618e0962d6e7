using Dapper;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>Reads the journeys of all people, one after the other: the events of each browser in their order, with what its identifications say of whose they are. Those of
/// people on several browsers are kept aside and come last. Every query is short and ends below the row that was the newest at the start, so none pins the log.</summary>
internal sealed class FactReader(Database database, Settings settings)
{
    private const int Together = 5_000;
    private const int EmailsTogether = 100;

    /// <summary>The journeys of all people, whole: a session is what it is whatever the range of a report.</summary>
    public IEnumerable<Journey> Journeys(FactTerms terms, bool withBots, CancellationToken cancelled)
    {
        var snapshot = database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/newest_event")));
        var people = ReadPeople(snapshot, cancelled);
        var aside = new Dictionary<string, List<PlacedFact>>();
        foreach (var browser in Browsers(terms, snapshot, withBots, people, cancelled))
        {
            foreach (var (person, facts) in browser)
            {
                if (people.IsOnSeveralBrowsers(person))
                {
                    (aside.TryGetValue(person, out var others) ? others : aside[person] = []).AddRange(facts);
                }
                else
                {
                    yield return NewJourney(person, facts, people, terms);
                }
            }
        }

        foreach (var (person, facts) in aside)
        {
            cancelled.ThrowIfCancellationRequested();
            facts.Sort();
            yield return NewJourney(person, facts, people, terms);
        }
    }

    private static Journey NewJourney(string person, List<PlacedFact> facts, People people, FactTerms terms) => new(
        person, [.. people.NamesOf(person), .. facts.Select(fact => fact.Browser).Distinct().Select(PersonName.OfBrowser)], facts.ConvertAll(fact => fact.Fact), terms);

    /// <summary>Whether pages of more than one host were looked at.</summary>
    public bool HaveSeveralHosts() => database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/report_hosts")));

    private People ReadPeople(long snapshot, CancellationToken cancelled)
    {
        var people = new People();
        long after = 0;
        for (var rows = IdentitiesAfter(after); rows.Count > 0; rows = IdentitiesAfter(after))
        {
            cancelled.ThrowIfCancellationRequested();
            rows.ForEach(people.Add);
            after = rows[^1].Id;
        }

        var (name, user) = ("", "");
        for (var rows = NamesAfter(name, user, snapshot); rows.Count > 0; rows = NamesAfter(name, user, snapshot))
        {
            cancelled.ThrowIfCancellationRequested();
            rows.ForEach(row => people.AddName(row.Name, row.GlueUserId));
            (name, user) = (rows[^1].Name, rows[^1].GlueUserId);
        }

        using var reader = new JourneyReader(database);
        foreach (var emails in people.Emails().Chunk(EmailsTogether))
        {
            cancelled.ThrowIfCancellationRequested();
            people.Tie(reader.AccountsOf(emails));
        }

        return people;
    }

    // The facts of each browser, by the people whose they are. One that has done nothing, and was only identified, comes too.
    private IEnumerable<Dictionary<string, List<PlacedFact>>> Browsers(
        FactTerms terms, long snapshot, bool withBots, People people, CancellationToken cancelled)
    {
        var number = 0;
        BrowserFacts? browser = null;
        foreach (var row in Events(snapshot, withBots, cancelled))
        {
            if (browser?.User != row.GlueUserId)
            {
                if (browser is not null)
                {
                    yield return browser.ByPerson();
                }

                browser = new BrowserFacts(row.GlueUserId, ++number, people.Take(row.GlueUserId), people, terms, settings.IgnoredReferrers);
            }

            browser.Add(row);
        }

        if (browser is not null)
        {
            yield return browser.ByPerson();
        }

        foreach (var (user, identities) in people.Rest())
        {
            yield return new BrowserFacts(user, ++number, identities, people, terms, settings.IgnoredReferrers).ByPerson();
        }
    }

    private IEnumerable<ReportEventRow> Events(long snapshot, bool withBots, CancellationToken cancelled)
    {
        var last = new ReportEventRow();
        for (var rows = EventsAfter(last, snapshot, withBots); rows.Count > 0; rows = EventsAfter(last, snapshot, withBots))
        {
            cancelled.ThrowIfCancellationRequested();
            foreach (var row in rows)
            {
                yield return row;
            }

            last = rows[^1];
        }
    }

    private List<ReportEventRow> EventsAfter(ReportEventRow last, long snapshot, bool withBots)
    {
        var values = new { user = last.GlueUserId, time = last.Timestamp, eventId = last.EventId, snapshot, bots = withBots ? 1 : 0, most = Together };
        return database.Read<List<ReportEventRow>>(connection => [.. connection.Query<ReportEventRow>(SqlFile.Read("read/report_events"), values)]);
    }

    private List<ReportIdentityRow> IdentitiesAfter(long after) =>
        database.Read<List<ReportIdentityRow>>(connection => [.. connection.Query<ReportIdentityRow>(SqlFile.Read("read/report_identities"), new { after, most = Together })]);

    private List<ReportNameRow> NamesAfter(string name, string user, long snapshot) =>
        database.Read<List<ReportNameRow>>(connection => [.. connection.Query<ReportNameRow>(SqlFile.Read("read/report_names"), new { name, user, snapshot, most = Together })]);

    /// <summary>Who the identifications and events name, and on which browsers.</summary>
    private sealed class People
    {
        private readonly Dictionary<string, List<ReportIdentityRow>> identities = [];
        private readonly Dictionary<string, string> accounts = []; // of e-mails that belong to one
        private readonly Dictionary<string, string> browserOf = []; // of each name the first
        private readonly HashSet<string> several = [];
        private readonly Dictionary<string, List<string>> emailsOf = []; // of accounts
        private readonly HashSet<string> besideAccounts = []; // e-mails that are no name of their own

        public void Add(ReportIdentityRow row)
        {
            (identities.TryGetValue(row.GlueUserId, out var rows) ? rows : identities[row.GlueUserId] = []).Add(row);
            if (row.Name is { } name)
            {
                AddName(name, row.GlueUserId);
            }

            // An e-mail that was only named beside an account is one of a person too.
            if (row.Name is not null && row.EmailKey is { } key && PersonName.OfEmail(key) is var email && !browserOf.ContainsKey(email))
            {
                besideAccounts.Add(email);
            }
        }

        public void AddName(string name, string browser)
        {
            if (!browserOf.TryAdd(name, browser) && browserOf[name] != browser)
            {
                several.Add(name);
            }
        }

        public List<string> Emails() => [.. browserOf.Keys.Concat(besideAccounts).Distinct().Select(PersonName.EmailOf).OfType<string>()];

        /// <summary>Learns to which accounts e-mails belong.</summary>
        public void Tie(List<EmailAccountRow> rows)
        {
            foreach (var row in rows.Where(row => row.UserId is not null))
            {
                var (email, account) = (PersonName.OfEmail(row.EmailKey), PersonName.OfAccount(row.UserId!));
                accounts[email] = account;
                (emailsOf.TryGetValue(account, out var emails) ? emails : emailsOf[account] = []).Add(email);

                // The account is on the browsers of its e-mails too.
                if (browserOf.TryGetValue(email, out var browser))
                {
                    AddName(account, browser);
                }

                if (several.Contains(email))
                {
                    several.Add(account);
                }
            }
        }

        /// <summary>The person whom a name names.</summary>
        public string PersonOf(string name) => accounts.GetValueOrDefault(name, name);

        /// <summary>The account and e-mails of a person; none of who is anonymous.</summary>
        public IEnumerable<string> NamesOf(string person) =>
            PersonName.BrowserOf(person) is not null ? [] : emailsOf.TryGetValue(person, out var emails) ? [person, .. emails.Order(StringComparer.Ordinal)] : [person];

        public bool IsOnSeveralBrowsers(string person) => several.Contains(person);

        /// <summary>The rows of a browser, once.</summary>
        public List<ReportIdentityRow> Take(string browser) => identities.Remove(browser, out var rows) ? rows : [];

        /// <summary>Those that nobody has taken.</summary>
        public IEnumerable<(string Browser, List<ReportIdentityRow> Rows)> Rest() => identities.Select(pair => (pair.Key, pair.Value));
    }

    /// <summary>The facts of one browser.</summary>
    private sealed class BrowserFacts
    {
        private readonly int number;
        private readonly People people;
        private readonly FactTerms terms;
        private readonly string anonymous;
        private readonly List<(EventKey From, string? Person)> spans = [];
        private readonly Dictionary<string, int> sessions = [];
        private readonly Dictionary<string, List<PlacedFact>> byPerson = [];

        public BrowserFacts(
            string user, int number, List<ReportIdentityRow> identities, People people, FactTerms terms, Intake.IgnoredReferrers ignored)
        {
            (User, this.number, this.people, this.terms, anonymous, Ignored) = (user, number, people, terms, PersonName.OfBrowser(user), ignored);
            identities.Sort((one, other) => Compare(one, other));
            FindSpans(identities);
            identities.ForEach(Add);
        }

        public string User { get; }

        private Intake.IgnoredReferrers Ignored { get; }

        public void Add(ReportEventRow row)
        {
            var session = row.SessionId is null ? 0 : sessions.TryGetValue(row.SessionId, out var known) ? known : sessions[row.SessionId] = sessions.Count + 1;
            var fact = new Fact(
                FactKind.Event, TimeOf(row.Timestamp), row.Id, number, session, terms.Name(row.Name), terms.Page(row.Page), terms.Touch(row.Touch, row.TouchCounts != 0, Ignored),
                terms.Client(new ClientFacts(row.Device, row.Browser, row.Os, row.Country)));
            var key = new EventKey(row.Timestamp, row.EventId);
            Add(row.OwnName is { } name ? people.PersonOf(name) : PersonAt(key), new PlacedFact(key, "", User, fact));
        }

        /// <summary>The facts of each of its people in their order.</summary>
        public Dictionary<string, List<PlacedFact>> ByPerson()
        {
            foreach (var facts in byPerson.Values)
            {
                facts.Sort();
            }

            return byPerson;
        }

        private void Add(ReportIdentityRow row)
        {
            var key = new EventKey(row.Timestamp, row.EventId);
            var kind = row.Name is not null && PersonAt(key) == people.PersonOf(row.Name) ? FactKind.Identification
                : row.Kind is "identify" or "sync" ? FactKind.Touch : row.Touch is null ? FactKind.Expired : FactKind.ReportedTouch;
            var touch = terms.Touch(row.Touch, row.TouchCounts != 0, Ignored);
            if (kind is FactKind.Identification or FactKind.Expired || touch != 0)
            {
                Add(PersonAt(key), new PlacedFact(key, row.Kind, User, new Fact(kind, TimeOf(row.Timestamp), 0, number, 0, 0, 0, touch, 0)));
            }
        }

        private void Add(string person, PlacedFact fact) => (byPerson.TryGetValue(person, out var facts) ? facts : byPerson[person] = []).Add(fact);

        // Consecutive identifications of one person are one span; those behind the last that counts join nobody.
        private void FindSpans(List<ReportIdentityRow> identities)
        {
            foreach (var row in identities.Where(row => row.Name is not null))
            {
                var person = people.PersonOf(row.Name!);
                if (spans.Count > 0 && spans[^1].Person == person)
                {
                    continue;
                }

                spans.Add((new EventKey(row.Timestamp, row.EventId), spans.Count < Person.MaxSpans ? person : null));
                if (spans.Count > Person.MaxSpans)
                {
                    return;
                }
            }
        }

        // What was before the first identification is the first person's.
        private string PersonAt(EventKey key)
        {
            if (spans.Count == 0)
            {
                return anonymous;
            }

            var (low, high) = (0, spans.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = EventKey.Utf8Order.Compare(spans[middle].From, key) <= 0 ? (middle + 1, high) : (low, middle);
            }

            return spans[Math.Max(low - 1, 0)].Person ?? anonymous;
        }

        private static int Compare(ReportIdentityRow one, ReportIdentityRow other) =>
            EventKey.Utf8Order.Compare(new(one.Timestamp, one.EventId), new(other.Timestamp, other.EventId)) is not 0 and var order ? order : string.CompareOrdinal(one.Kind, other.Kind);

        private static long TimeOf(string timestamp) => Instants.TryParse(timestamp, out var instant) ? instant : 0;
    }
}

/// <summary>A fact and its place: by time and id; an identification before an event of the same place.</summary>
/// <param name="LogKind">Of a row of the identity log its kind; empty of an event.</param>
/// <param name="Browser">Decides between two browsers.</param>
internal readonly record struct PlacedFact(EventKey Key, string LogKind, string Browser, Fact Fact) : IComparable<PlacedFact>
{
    public int CompareTo(PlacedFact other)
    {
        var order = EventKey.Utf8Order.Compare(Key, other.Key);
        order = order != 0 ? order : (LogKind.Length == 0).CompareTo(other.LogKind.Length == 0);
        order = order != 0 ? order : string.CompareOrdinal(LogKind, other.LogKind);
        return order != 0 ? order : EventKey.CompareUtf8(Browser, other.Browser);
    }
}

/// <summary>An event, as far as reports ask for it.</summary>
internal sealed class ReportEventRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string? SessionId { get; set; }
    public string Name { get; set; } = ""; // the column event
    public string? Page { get; set; }
    public string? Device { get; set; }
    public string? Browser { get; set; }
    public string? Os { get; set; }
    public string? Country { get; set; }
    public string? Touch { get; set; }
    public long TouchCounts { get; set; }
    public string? OwnName { get; set; } // whom it names itself
}

/// <summary>A row of the identity log, as far as reports ask for it.</summary>
internal sealed class ReportIdentityRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string Kind { get; set; } = "";
    public string? Name { get; set; }
    public string? EmailKey { get; set; }
    public string? Touch { get; set; }
    public long TouchCounts { get; set; }
}

/// <summary>A name that events of a browser have.</summary>
internal sealed class ReportNameRow
{
    public string Name { get; set; } = "";
    public string GlueUserId { get; set; } = "";
}
