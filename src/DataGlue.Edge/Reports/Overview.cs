namespace DataGlue.Edge.Reports;

/// <summary>How many came, from where, what they looked at, and how many of them did what counts: totals, a series, lists of the most, and the newest sessions.</summary>
/// <param name="now">In milliseconds since 1970.</param>
/// <param name="buckets">The starts of the points of the series.</param>
internal sealed class Overview(FactTerms terms, ReportRange range, ReportFilters filters, Conversion conversion, List<long> buckets, long now)
{
    private const int MostJourneys = 20;
    private const int MostPages = 5;

    private readonly OverviewPoint total = new();
    private readonly OverviewPoint[] points = [.. buckets.Select(_ => new OverviewPoint())];
    private readonly List<long> seconds = []; // of sessions of two events or more, in milliseconds
    private readonly Dictionary<string, Tally> lists = Lists.ToDictionary(list => list.Name, _ => new Tally());
    private readonly SortedSet<SessionRow> journeys = [];
    private int people;
    private long bounces;

    /// <summary>The lists, and how each calls the key of its rows.</summary>
    public static IReadOnlyList<(string Name, string Key)> Lists { get; } =
    [
        ("pages", "page"), ("entry_pages", "page"), ("sources", "source"), ("channels", "channel"), ("campaigns", "campaign"), ("referrers", "referrer"), ("events", "event"), ("hosts", "host"),
        ("countries", "country"), ("devices", "device"), ("browsers", "browser"),
    ];

    public void Add(Journey journey)
    {
        if (!SessionFilter.KeepsPerson(journey, filters))
        {
            return;
        }

        var kept = SessionFilter.Keep(journey, terms, range, filters);
        var converted = ConversionsOf(journey, kept);
        if ((kept.Count > 0 || filters.IsEmpty) && journey.FirstIdentification is { } i && range.Has(journey.Facts[i].Time))
        {
            total.Identified++;
            PointAt(journey.Facts[i].Time)?.CountIdentified();
        }

        if (kept.Count == 0)
        {
            return;
        }

        people++;
        total.People++;
        if (journey.FirstEvent is { } first && range.Has(first))
        {
            total.NewPeople++;
            PointAt(first)?.CountNew();
        }

        foreach (var session in kept)
        {
            AddSession(journey, session, converted.GetValueOrDefault(session.Session));
        }
    }

    public void Write(Utf8JsonWriter json, IReadOnlySet<string> fields, int most)
    {
        if (fields.Contains("totals"))
        {
            json.WritePropertyName("totals");
            WriteTotals(json);
        }

        if (fields.Contains("series"))
        {
            WriteSeries(json);
        }

        foreach (var (name, key) in Lists.Where(list => fields.Contains(list.Name)))
        {
            lists[name].Write(json, name, key, most);
        }

        if (fields.Contains("journeys"))
        {
            json.WriteStartArray("journeys");
            foreach (var row in journeys)
            {
                row.Write(json);
            }

            json.WriteEndArray();
        }
    }

    public void WriteTotals(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        total.Write(json);
        json.WritePropertyName("bounce_rate");
        json.WriteRawValue(Ratio.Of(bounces, total.Sessions));
        seconds.Sort();
        json.WritePropertyName("median_session_seconds");
        json.WriteRawValue(Quantile.Of(seconds, 50) is { } median ? Amount.Format((Int128)median * 1_000) : "null");
        json.WriteEndObject();
    }

    // The conversions in the range, of the sessions to which they belong. Without filters those outside of every session count too.
    private Dictionary<Session, (long Count, Int128 Value)> ConversionsOf(Journey journey, List<KeptSession> kept)
    {
        var bySession = new Dictionary<Session, (long, Int128)>();
        var sessions = kept.Select(session => session.Session).ToHashSet();
        foreach (var (fact, value) in conversion.Of(journey))
        {
            var (time, session) = (journey.Facts[fact].Time, journey.SessionOf[fact]);
            if (!range.Has(time) || (session is null ? !filters.IsEmpty : !sessions.Contains(session)))
            {
                continue;
            }

            total.CountConversion(value);
            PointAt(time)?.CountConversion(value);
            if (session is not null)
            {
                var (count, sum) = bySession.GetValueOrDefault(session);
                bySession[session] = (count + 1, sum + value);
            }
        }

        return bySession;
    }

    private void AddSession(Journey journey, KeptSession kept, (long Count, Int128 Value) converted)
    {
        var (session, events) = kept;
        var pageView = terms.FindName(SessionFilter.PageView);
        total.Sessions++;
        PointAt(journey.Facts[events[0]].Time)?.CountSession();
        bounces += session.Facts.Count == 1 && journey.Facts[session.Facts[0]].Name == pageView ? 1 : 0;
        if (session.Facts.Count > 1)
        {
            seconds.Add(session.Last - session.First);
        }

        var touch = session.Arrivals[0].Touch;
        foreach (var (list, key) in new[]
        {
            ("sources", touch.Source), ("channels", touch.Channel), ("campaigns", touch.Campaign), ("referrers", touch.ReferrerHost),
            ("entry_pages", terms.ShownPage(SessionFilter.EntryPage(journey, session, terms))),
        })
        {
            Count(list, key, session, events.Count, converted);
        }

        foreach (var i in events)
        {
            var fact = journey.Facts[i];
            var isView = fact.Name == pageView;
            var (page, client) = (terms.PageOf(fact.Page), terms.ClientOf(fact.Client));
            total.CountEvent(isView);
            PointAt(fact.Time)?.CountEvent(isView, people);
            if (isView)
            {
                Count("pages", terms.ShownPage(page), session, 1, converted);
                Count("hosts", SessionFilter.HostOf(page), session, 1, converted);
            }

            Count("events", terms.NameOf(fact.Name), session, 1, converted);
            Count("countries", client.Country, session, 1, converted);
            Count("devices", client.Device, session, 1, converted);
            Count("browsers", client.Browser, session, 1, converted);
        }

        journeys.Add(new SessionRow(journey, session, touch, PagesOf(journey, events, pageView), events.Count, converted));
        if (journeys.Count > MostJourneys)
        {
            journeys.Remove(journeys.Max!);
        }
    }

    private void Count(string list, string? key, Session session, long events, (long Count, Int128 Value) converted)
    {
        var row = lists[list][key];
        row.Events += events;
        if (row.Count(people, session))
        {
            row.CountConversions(converted.Count, converted.Value);
        }
    }

    private List<string> PagesOf(Journey journey, List<int> events, int pageView)
    {
        var pages = new List<string>();
        foreach (var page in events.Where(i => journey.Facts[i].Name == pageView).Select(i => terms.ShownPage(terms.PageOf(journey.Facts[i].Page))).OfType<string>())
        {
            if (pages.Count < MostPages && (pages.Count == 0 || pages[^1] != page))
            {
                pages.Add(page);
            }
        }

        return pages;
    }

    private OverviewPoint? PointAt(long? time)
    {
        if (time is not { } known || buckets.Count == 0)
        {
            return null;
        }

        var place = buckets.BinarySearch(known);
        return points[Math.Max(place >= 0 ? place : ~place - 1, 0)];
    }

    private void WriteSeries(Utf8JsonWriter json)
    {
        json.WriteStartArray("series");
        for (var i = 0; i < points.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("time", Instants.Format(buckets[i]));
            points[i].Write(json);
            if (buckets[i] <= now && (i + 1 < points.Length ? buckets[i + 1] : range.To) > now)
            {
                json.WriteBoolean("partial", true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // One of the newest sessions.
    private sealed class SessionRow(Journey journey, Session session, TouchFacts touch, List<string> pages, int events, (long Count, Int128 Value) converted) : IComparable<SessionRow>
    {
        private readonly Who person = journey.Person;
        private readonly long time = session.First;
        private readonly int number = session.Number;

        // The newest first; the order of two of one time must not depend on who was read first.
        public int CompareTo(SessionRow? other)
        {
            var order = other!.time.CompareTo(time);
            order = order != 0 ? order : person.Number.CompareTo(other.person.Number);
            return order != 0 ? order : number.CompareTo(other.number);
        }

        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("time", Instants.Format(time));
            json.WriteString("person", PersonId.Of(person));
            json.WriteBoolean("identified", person.IsIdentified);
            json.WriteString("channel", touch.Channel);
            json.WriteString("source", touch.Source);
            json.WriteString("referrer", touch.ReferrerHost);
            json.WriteStartArray("pages");
            pages.ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteNumber("events", events);
            json.WriteNumber("conversions", converted.Count);
            Amount.Write(json, "value", converted.Value);
            json.WriteEndObject();
        }
    }
}

/// <summary>The figures of a time.</summary>
internal sealed class OverviewPoint
{
    private int lastPerson;
    private Int128 value;

    public long People { get; set; }
    public long NewPeople { get; set; }
    public long Identified { get; set; }
    public long Sessions { get; set; }
    public long PageViews { get; private set; }
    public long Events { get; private set; }
    public long Conversions { get; private set; }

    public void CountNew() => NewPeople++;

    public void CountIdentified() => Identified++;

    public void CountSession() => Sessions++;

    /// <param name="person">A number of the person, who is counted once; 0 where people are counted otherwise.</param>
    public void CountEvent(bool isView, int person = 0)
    {
        Events++;
        PageViews += isView ? 1 : 0;
        People += person == lastPerson ? 0 : 1;
        lastPerson = person;
    }

    public void CountConversion(long worth)
    {
        Conversions++;
        value += worth;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("people", People);
        json.WriteNumber("new_people", NewPeople);
        json.WriteNumber("identified", Identified);
        json.WriteNumber("sessions", Sessions);
        json.WriteNumber("page_views", PageViews);
        json.WriteNumber("events", Events);
        json.WriteNumber("conversions", Conversions);
        Amount.Write(json, "value", value);
    }
}

/// <summary>Shares of a whole.</summary>
internal static class Ratio
{
    /// <summary>As JSON, rounded half to even to six decimals; null where the whole is 0.</summary>
    public static string Of(long part, long whole) => whole == 0 ? "null" : Amount.Format((Int128)(Math.Round((decimal)part / whole, 6, MidpointRounding.ToEven) * Amount.One));
}

/// <summary>Quantiles by nearest rank.</summary>
internal static class Quantile
{
    /// <summary>The least of the values that at least so many of a hundred do not exceed; null of none.</summary>
    /// <param name="sorted">In ascending order.</param>
    public static long? Of(IReadOnlyList<long> sorted, int percent) => sorted.Count == 0 ? null : sorted[(int)((((long)sorted.Count * percent) + 99) / 100) - 1];
}
