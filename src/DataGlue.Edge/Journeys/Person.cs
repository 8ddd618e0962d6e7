using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>Who an account or an e-mail names: the account with all e-mails that belong to it, or one e-mail that belongs to no account.</summary>
/// <param name="Account">Null of an e-mail without one.</param>
/// <param name="Emails">Their keys.</param>
internal sealed record Person(string? Account, IReadOnlyList<string> Emails)
{
    // Of one browser the first spans count, up to this many.
    private const int MaxSpans = 1_000;

    private IEnumerable<string> Names => Emails.Select(PersonName.OfEmail).Concat(Account is null ? [] : [PersonName.OfAccount(Account)]);

    public static Person OfEmail(JourneyReader reader, string email)
    {
        var key = EmailKey.Of(Utf8Text.From(email)).ToString();
        return reader.AccountOf(key) is { } account ? OfAccount(reader, account) : new Person(null, [key]);
    }

    public static Person OfAccount(JourneyReader reader, string account) =>
        new(account, [.. reader.EmailsOf(account).Where(key => reader.AccountOf(key) == account)]);

    /// <summary>The browsers that are or were the person's, each with its windows.</summary>
    public List<PersonBrowser> Browsers(JourneyReader reader)
    {
        var names = Names.ToHashSet();
        var joined = new Dictionary<string, bool>();
        foreach (var row in names.SelectMany(reader.BrowsersOf))
        {
            joined[row.GlueUserId] = joined.GetValueOrDefault(row.GlueUserId) || row.Trusted != 0;
        }

        // Somebody who inserted a row by hand is as good as the owner, and without a log the browser is nobody else's.
        var byHand = Emails.SelectMany(reader.BrowsersByHand).Select(user => new PersonBrowser(user, IsTrusted: true, [new Window(EventKey.Start, null)]));
        return [.. byHand, .. joined
            .Select(browser => new PersonBrowser(browser.Key, browser.Value, Windows(reader.SpansOf(browser.Key, MaxSpans + 1), names)))
            .Where(browser => browser.Windows.Count > 0)];
    }

    /// <summary>All that the person did, in the order of a journey once merged.</summary>
    public List<EventSource> Events(JourneyReader reader, IEnumerable<PersonBrowser> browsers, long snapshot) =>
    [
        .. browsers.Select(browser => new WindowEvents(reader, browser, snapshot)),
        .. Account is null ? [] : new[] { new NamedEvents(reader, "account", Account, snapshot) },
        .. Emails.Select(key => new NamedEvents(reader, "email", key, snapshot)),
    ];

    /// <summary>The identifications that name the person, and the claims.</summary>
    public IEnumerable<IdentificationRow> Identifications(JourneyReader reader) =>
        Names.SelectMany(name => Pages(reader, "identifications", name))
            .Concat(Account is null ? [] : Pages(reader, "claims_of_account", Account))
            .Concat(Emails.SelectMany(key => Pages(reader, "claims_of_email", key)));

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

    private static IEnumerable<IdentificationRow> Pages(JourneyReader reader, string file, string name)
    {
        const int Most = 500;
        var after = default(IdentificationRow);
        for (var page = reader.Identifications(file, name, after, Most); page.Count > 0; page = page.Count < Most ? [] : reader.Identifications(file, name, after, Most))
        {
            foreach (var row in page)
            {
                yield return row;
            }

            after = page[^1];
        }
    }
}
