namespace DataGlue.Edge.Reports;

/// <summary>Which sessions of a journey a report is about: those that have an event in its range and fit its filters.</summary>
internal static class SessionFilter
{
    /// <summary>The name of the event of a page that was looked at.</summary>
    public const string PageView = "page_view";

    /// <summary>The sessions that are kept, each with its events in the range.</summary>
    public static List<KeptSession> Keep(Journey journey, FactTerms terms, ReportRange range, ReportFilters filters)
    {
        var kept = new List<KeptSession>();
        if (!KeepsPerson(journey, filters))
        {
            return kept;
        }

        var first = filters is { ByFirstTouch: true, HasArrival: true } ? terms.TouchOf(journey.FirstTouch) : null;
        foreach (var session in journey.Sessions)
        {
            if (session.Last < range.From || session.First >= range.To)
            {
                continue;
            }

            var events = session.First >= range.From && session.Last < range.To ? session.Facts : session.Facts.FindAll(i => range.Has(journey.Facts[i].Time));
            if (events.Count > 0 && (filters.IsEmpty || Fits(journey, session, events, first, terms, filters)))
            {
                kept.Add(new KeptSession(session, events));
            }
        }

        return kept;
    }

    /// <summary>Whether a whole session fits the filters: its arrival, and one of its events.</summary>
    public static bool KeepsSession(Journey journey, Session session, FactTerms terms, ReportFilters filters) => KeepsPerson(journey, filters)
        && Fits(journey, session, session.Facts, filters is { ByFirstTouch: true, HasArrival: true } ? terms.TouchOf(journey.FirstTouch) : null, terms, filters);

    public static bool KeepsPerson(Journey journey, ReportFilters filters) => filters.Person is not { } person || journey.Person.Number == person;

    /// <summary>Whether an event and its session fit the filters.</summary>
    public static bool KeepsEntry(Journey journey, int fact, FactTerms terms, ReportFilters filters) =>
        KeepsPerson(journey, filters)
        && (!filters.HasArrival || FitsArrival(
            journey, journey.SessionOf[fact]!, filters.ByFirstTouch ? terms.TouchOf(journey.FirstTouch) : journey.SessionOf[fact]!.Arrivals[0].Touch, terms, filters))
        && (!filters.HasEvent || FitsEvent(journey.Facts[fact], terms, filters));

    /// <summary>The page of the first page_view of a session; null where it has none.</summary>
    public static string? EntryPage(Journey journey, Session session, FactTerms terms) => terms.PageOf(EntryPage(journey, session, terms.FindName(PageView)));

    /// <summary>The same by its number; 0 where it has none.</summary>
    /// <param name="pageView">The number of the name.</param>
    public static int EntryPage(Journey journey, Session session, int pageView)
    {
        foreach (var i in session.Facts)
        {
            if (journey.Facts[i].Name == pageView)
            {
                return journey.Facts[i].Page;
            }
        }

        return 0;
    }

    private static bool Fits(Journey journey, Session session, List<int> events, TouchFacts? first, FactTerms terms, ReportFilters filters) =>
        (!filters.HasArrival || FitsArrival(journey, session, first ?? session.Arrivals[0].Touch, terms, filters))
        && (!filters.HasEvent || events.Exists(i => FitsEvent(journey.Facts[i], terms, filters)));

    private static bool FitsArrival(Journey journey, Session session, TouchFacts touch, FactTerms terms, ReportFilters filters) =>
        filters.Keeps("source", touch.Source) && filters.Keeps("medium", touch.Medium) && filters.Keeps("campaign", touch.Campaign) && filters.Keeps("channel", touch.Channel)
        && filters.Keeps("referrer", touch.ReferrerHost) && KeepsPage(filters, "landing_page", touch.LandingPage)
        && (!filters.Has("entry_page") || KeepsPage(filters, "entry_page", EntryPage(journey, session, terms)));

    /// <summary>Whether one event fits every filter of events.</summary>
    public static bool FitsEvent(Fact fact, FactTerms terms, ReportFilters filters)
    {
        var (page, client) = (terms.PageOf(fact.Page), terms.ClientOf(fact.Client));
        return filters.Keeps("event", terms.NameOf(fact.Name)) && KeepsPage(filters, "page", page) && filters.Keeps("host", HostOf(page))
            && filters.Keeps("country", client.Country) && filters.Keeps("device", client.Device) && filters.Keeps("browser", client.Browser) && filters.Keeps("os", client.Os);
    }

    /// <summary>The host of a page; null where it is not known.</summary>
    public static string? HostOf(string? page) => page is null ? null : PageName.HostOf(page);

    // A page is named by its path, or with its host before it.
    private static bool KeepsPage(ReportFilters filters, string key, string? page) =>
        !filters.Has(key) || (page is null ? filters.Keeps(key, null) : filters.KeepsEither(key, PageName.PathOf(page), page));
}

/// <summary>A session that a report is about.</summary>
/// <param name="Events">The places of its events in the range, among the facts of the journey.</param>
internal readonly record struct KeptSession(Session Session, List<int> Events);
