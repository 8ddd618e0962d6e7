namespace DataGlue.Edge.Reports;

/// <summary>How many came, from where, what they looked at, and how many of them did what counts: totals, a series, lists of the most, and the newest sessions.</summary>
/// <param name="now">In milliseconds since 1970.</param>
/// <param name="buckets">The starts of the points of the series.</param>
/// <param name="fields">The parts that are asked for.</param>
internal sealed class Overview(
    FactTerms terms, ReportRange range, ReportFilters filters, Conversion conversion, List<long> buckets, long now, IReadOnlySet<string> fields)
{
    private const int MostJourneys = 20;
    private const int MostPages = 5;

    private readonly OverviewPoint total = new();
    private readonly OverviewPoint[] points = [.. buckets.Select(_ => new OverviewPoint())];
    private readonly List<long> seconds = []; // of sessions of two events or more, in milliseconds
    private readonly Tally? pages = NewTally("pages", fields, page => terms.ShownPage(terms.PageOf(page)));
    private readonly Tally? entryPages = NewTally("entry_pages", fields, page => terms.ShownPage(terms.PageOf(page)));
    private readonly Tally? hosts = NewTally("hosts", fields, page => SessionFilter.HostOf(terms.PageOf(page)));
    private readonly Tally? sources = NewTally("sources", fields, touch => terms.TouchOf(touch).Source);
    private readonly Tally? channels = NewTally("channels", fields, touch => terms.TouchOf(touch).Channel);
    private readonly Tally? campaigns = NewTally("campaigns", fields, touch => terms.TouchOf(touch).Campaign);
    private readonly Tally? referrers = NewTally("referrers", fields, touch => terms.TouchOf(touch).ReferrerHost);
    private readonly Tally? events = NewTally("events", fields, terms.NameOf);
    private readonly Tally? countries = NewTally("countries", fields, client => terms.ClientOf(client).Country);
    private readonly Tally? devices = NewTally("devices", fields, client => terms.ClientOf(client).Device);
    private readonly Tally? browsers = NewTally("browsers", fields, client => terms.ClientOf(client).Browser);
    private readonly SortedSet<SessionRow>? journeys = fields.Contains("journeys") ? [] : null;
    private readonly int pageView = terms.Name(SessionFilter.PageView);
    private OverviewPoint? point;
    private (long From, long To) pointTime; // of the point
    private int people;
    private long bounces;

    /// <summary>The parts, in their order.</summary>
    public static IReadOnlyList<string> AllFields { get; } =
        ["totals", "series", "pages", "entry_pages", "sources", "channels", "campaigns", "referrers", "events", "hosts", "countries", "devices", "browsers", "journeys"];

    /// <summary>Those that show pages.</summary>
    public static IReadOnlyList<string> PageFields { get; } = ["pages", "entry_pages", "hosts", "journeys"];

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
            AddSession(journey, session, converted?.GetValueOrDefault(session.Session) ?? default);
        }
    }

    public void Write(Utf8JsonWriter json, int most)
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

        pages?.Write(json, "pages", "page", most);
        entryPages?.Write(json, "entry_pages", "page", most);
        sources?.Write(json, "sources", "source", most);
        channels?.Write(json, "channels", "channel", most);
        campaigns?.Write(json, "campaigns", "campaign", most);
        referrers?.Write(json, "referrers", "referrer", most);
        events?.Write(json, "events", "event", most);
        hosts?.Write(json, "hosts", "host", most);
        countries?.Write(json, "countries", "country", most);
        devices?.Write(json, "devices", "device", most);
        browsers?.Write(json, "browsers", "browser", most);
        if (journeys is not null)
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

    // The conversions in the range, of the sessions to which they belong; null where there are none. Without filters those outside of every session count too.
    private Dictionary<Session, (long Count, Int128 Value)>? ConversionsOf(Journey journey, List<KeptSession> kept)
    {
        Dictionary<Session, (long Count, Int128 Value)>? bySession = null;
        HashSet<Session>? sessions = null;
        foreach (var (fact, value) in conversion.Of(journey))
        {
            var (time, session) = (journey.Facts[fact].Time, journey.SessionOf[fact]);
            sessions ??= [.. kept.Select(each => each.Session)];
            if (!range.Has(time) || (session is null ? !filters.IsEmpty : !sessions.Contains(session)))
            {
                continue;
            }

            total.CountConversion(value);
            PointAt(time)?.CountConversion(value);
            if (session is not null)
            {
                bySession ??= [];
                var (count, sum) = bySession.GetValueOrDefault(session);
                bySession[session] = (count + 1, sum + value);
            }
        }

        return bySession;
    }

    private void AddSession(Journey journey, KeptSession kept, (long Count, Int128 Value) converted)
    {
        var (session, its) = kept;
        total.Sessions++;
        PointAt(journey.Facts[its[0]].Time)?.CountSession();
        bounces += session.Facts.Count == 1 && journey.Facts[session.Facts[0]].Name == pageView ? 1 : 0;
        if (session.Facts.Count > 1)
        {
            seconds.Add(session.Last - session.First);
        }

        var counted = new Counted(people, session, converted);
        var touch = session.Arrivals[0].Touch;
        Count(sources, touch.Number, its.Count, counted);
        Count(channels, touch.Number, its.Count, counted);
        Count(campaigns, touch.Number, its.Count, counted);
        Count(referrers, touch.Number, its.Count, counted);
        if (entryPages is not null)
        {
            Count(entryPages, SessionFilter.EntryPage(journey, session, pageView), its.Count, counted);
        }

        foreach (var i in its)
        {
            var fact = journey.Facts[i];
            var isView = fact.Name == pageView;
            total.CountEvent(isView);
            PointAt(fact.Time)?.CountEvent(isView, people);
            if (isView)
            {
                Count(pages, fact.Page, 1, counted);
                Count(hosts, fact.Page, 1, counted);
            }

            Count(events, fact.Name, 1, counted);
            Count(countries, fact.Client, 1, counted);
            Count(devices, fact.Client, 1, counted);
            Count(browsers, fact.Client, 1, counted);
        }

        if (journeys is not null && (journeys.Count < MostJourneys || journeys.Max!.Time <= session.First))
        {
            journeys.Add(new SessionRow(journey, session, touch, PagesOf(journey, its), its.Count, converted));
            if (journeys.Count > MostJourneys)
            {
                journeys.Remove(journeys.Max!);
            }
        }
    }

    private static void Count(Tally? list, int number, long events, in Counted counted)
    {
        if (list?[number] is not { } row)
        {
            return;
        }

        row.Events += events;
        if (row.Count(counted.Person, counted.Session))
        {
            row.CountConversions(counted.Converted.Count, counted.Converted.Value);
        }
    }

    private static Tally? NewTally(string name, IReadOnlySet<string> fields, Func<int, string?> keyOf) => fields.Contains(name) ? new Tally(keyOf) : null;

    private List<string> PagesOf(Journey journey, List<int> its)
    {
        var pages = new List<string>();
        foreach (var page in its.Where(i => journey.Facts[i].Name == pageView).Select(i => terms.ShownPage(terms.PageOf(journey.Facts[i].Page))).OfType<string>())
        {
            if (pages.Count < MostPages && (pages.Count == 0 || pages[^1] != page))
            {
                pages.Add(page);
            }
        }

        return pages;
    }

    // Most events fall into the same bucket as the one before.
    private OverviewPoint? PointAt(long time)
    {
        if (buckets.Count > 0 && (point is null || time < pointTime.From || time >= pointTime.To))
        {
            var place = buckets.BinarySearch(time);
            place = Math.Max(place >= 0 ? place : ~place - 1, 0);
            point = points[place];
            pointTime = (place == 0 ? long.MinValue : buckets[place], place + 1 < buckets.Count ? buckets[place + 1] : long.MaxValue);
        }

        return point;
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

    // Whom a row counts, and in which session.
    private readonly record struct Counted(int Person, Session Session, (long Count, Int128 Value) Converted);

    // One of the newest sessions.
    private sealed class SessionRow(Journey journey, Session session, TouchFacts touch, List<string> pages, int events, (long Count, Int128 Value) converted) : IComparable<SessionRow>
    {
        private readonly Who person = journey.Person;
        private readonly int number = session.Number;

        public long Time { get; } = session.First;

        // The newest first; the order of two of one time must not depend on who was read first.
        public int CompareTo(SessionRow? other)
        {
            var order = other!.Time.CompareTo(Time);
            order = order != 0 ? order : person.Number.CompareTo(other.person.Number);
            return order != 0 ? order : number.CompareTo(other.number);
        }

        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("time", Instants.Format(Time));
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
