using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>Who an account or an e-mail names: the account with all e-mails that belong to it, or one e-mail that belongs to no account.</summary>
internal sealed class Person
{
    /// <summary>Of one browser the first spans count, up to this many.</summary>
    public const int MaxSpans = 1_000;

    private readonly JourneyReader reader;
    private readonly IReadOnlyList<string> emails; // their keys

    private Person(JourneyReader reader, string? account, IReadOnlyList<string> emails)
    {
        (this.reader, Account, this.emails) = (reader, account, emails);
        Names = [.. emails.Select(PersonName.OfEmail), .. account is null ? [] : new[] { PersonName.OfAccount(account) }];
        Browsers = FindBrowsers();
    }

    /// <summary>Null of an e-mail that belongs to none.</summary>
    public string? Account { get; }

    /// <summary>As identifications and events have them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The browsers that are or were the person's, each with its windows.</summary>
    public IReadOnlyList<PersonBrowser> Browsers { get; }

    public static Person OfEmail(JourneyReader reader, string email)
    {
        var key = EmailKey.Of(Utf8Text.From(email)).ToString();
        return reader.AccountsOf([key])[0].UserId is { } account ? OfAccount(reader, account) : new Person(reader, null, [key]);
    }

    public static Person OfAccount(JourneyReader reader, string account) =>
        new(reader, account, [.. reader.AccountsOf(reader.EmailsOf(account)).Where(email => email.UserId == account).Select(email => email.EmailKey)]);

    /// <summary>The browser whose profile stands for the person: the one seen last of those that a trusted identification joined, else of all; of a person whom only
    /// events name, the browser of the newest of them. Null where nobody is.</summary>
    /// <param name="users">The browsers, the one seen last first.</param>
    public string? Front(IReadOnlyList<string> users, long snapshot)
    {
        var trusted = Browsers.Where(browser => browser.IsTrusted).Select(browser => browser.GlueUserId).ToHashSet();
        return users.FirstOrDefault(trusted.Contains) ?? (users.Count > 0 ? users[0] : reader.NewestNamed(Names, snapshot));
    }

    /// <summary>All that the person did, in the order of a journey once merged.</summary>
    public List<EventSource> Events(long snapshot) =>
        [.. Browsers.Select(browser => new WindowEvents(reader, browser, snapshot)), .. Names.Select(name => new NamedEvents(reader, name, snapshot))];

    public SummaryRow Summary(long snapshot)
    {
        var all = reader.SummaryOf(Names, snapshot);
        foreach (var windows in Browsers.SelectMany(browser => browser.Windows, (browser, window) => (browser.GlueUserId, window)).Chunk(JourneyReader.Together))
        {
            all.Add(reader.SummaryOf(windows, snapshot));
        }

        return all;
    }

    /// <summary>The e-mail to show: that of a profile, where it is one of the person's, else the newest that named the person.</summary>
    public string? EmailToShow(string? ofProfile) =>
        ofProfile is not null && emails.Contains(EmailKey.Of(Utf8Text.From(ofProfile)).ToString()) ? ofProfile : reader.NewestEmailOf(Names);

    /// <summary>The identifications that name the person, and the claims.</summary>
    public IEnumerable<IdentificationRow> Identifications() =>
        Names.SelectMany(name => Pages("identifications", name))
            .Concat(Account is null ? [] : Pages("claims_of_account", Account))
            .Concat(emails.SelectMany(key => Pages("claims_of_email", key)));

    private List<PersonBrowser> FindBrowsers()
    {
        var (names, browsers) = (Names.ToHashSet(), new List<PersonBrowser>());
        foreach (var joined in reader.BrowsersOf(Names).Chunk(JourneyReader.Together))
        {
            var spans = reader.SpansOf(joined.Select(browser => browser.GlueUserId), MaxSpans + 1).ToLookup(span => span.GlueUserId);
            browsers.AddRange(joined
                .Select(browser => new PersonBrowser(browser.GlueUserId, browser.Trusted != 0, Windows(SpansOf(browser.GlueUserId, [.. spans[browser.GlueUserId]]), names)))
                .Where(browser => browser.Windows.Count > 0));
        }

        return browsers;
    }

    // Several names of one person in a row are one span. That only matters where so many follow each other that some do not count.
    private List<SpanStartRow> SpansOf(string browser, List<SpanStartRow> first)
    {
        if (first.Count <= MaxSpans)
        {
            return first;
        }

        var spans = new List<SpanStartRow>();
        string? last = null;
        for (var some = first; some.Count > 0 && spans.Count <= MaxSpans; some = reader.SpansAfter(browser, some[^1].Key, MaxSpans))
        {
            var accounts = reader.AccountsOf(some.Select(span => PersonName.EmailOf(span.Name)).OfType<string>().Distinct()).ToDictionary(email => email.EmailKey, email => email.UserId);
            foreach (var span in some)
            {
                var person = PersonName.EmailOf(span.Name) is { } email && accounts[email] is { } account ? PersonName.OfAccount(account) : span.Name;
                if (person != last)
                {
                    spans.Add(span);
                    last = person;
                }
            }
        }

        return spans;
    }

    // What was before the first identification is the first person's.
    private static List<Window> Windows(List<SpanStartRow> spans, HashSet<string> names)
    {
        var windows = new List<Window>();
        for (var i = 0; i < Math.Min(spans.Count, MaxSpans); i++)
        {
            if (!names.Contains(spans[i].Name))
            {
                continue;
            }

            var from = i == 0 ? EventKey.Start : spans[i].Key;
            EventKey? to = i + 1 < spans.Count ? spans[i + 1].Key : null;
            if (windows.Count > 0 && windows[^1].To == from)
            {
                windows[^1] = windows[^1] with { To = to };
            }
            else
            {
                windows.Add(new Window(from, to));
            }
        }

        return windows;
    }

    private IEnumerable<IdentificationRow> Pages(string file, string name)
    {
        const int Most = 500;
        IdentificationRow? after = null;
        List<IdentificationRow> page;
        do
        {
            page = reader.Identifications(file, name, after, Most);
            foreach (var row in page)
            {
                yield return row;
            }

            after = page.LastOrDefault();
        }
        while (page.Count == Most);
    }
}
