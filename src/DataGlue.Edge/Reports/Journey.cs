namespace DataGlue.Edge.Reports;

/// <summary>A person, by a number that is made of the account, else of the e-mail, else of the browser.</summary>
/// <param name="IsIdentified">Whether anybody has named the person.</param>
internal readonly record struct Who(ulong Number, bool IsIdentified);

/// <summary>All facts of one person in their order, cut into sessions and arrivals.</summary>
internal sealed class Journey
{
    /// <summary>A pause of this length ends a session that has no id, in milliseconds.</summary>
    public const long Pause = 30 * 60 * 1_000;

    /// <param name="browsers">The numbers of the browsers.</param>
    /// <param name="facts">In the order of time, and at one time of their ids.</param>
    public Journey(Who person, IReadOnlyList<ulong> browsers, List<Fact> facts, FactTerms terms)
    {
        (Person, Browsers, Facts) = (person, browsers, facts);
        Sessions = CutSessions(facts, out var sessionOf);
        SessionOf = sessionOf;
        Arrivals = FindArrivals(terms);
    }

    public Who Person { get; }

    public IReadOnlyList<ulong> Browsers { get; }

    public List<Fact> Facts { get; }

    /// <summary>In the order of their first events.</summary>
    public List<Session> Sessions { get; }

    /// <summary>The session of each fact; null of an identification or a touch outside of every session.</summary>
    public Session?[] SessionOf { get; }

    /// <summary>In the order of time.</summary>
    public List<Arrival> Arrivals { get; }

    /// <summary>When the person did something for the first time, which may have expired; null where there is no event.</summary>
    public long? FirstEvent
    {
        get
        {
            foreach (var fact in Facts)
            {
                if (fact.Kind is FactKind.Event or FactKind.Expired)
                {
                    return fact.Time;
                }
            }

            return null;
        }
    }

    /// <summary>The earliest identification; null of who is anonymous.</summary>
    public int? FirstIdentification
    {
        get
        {
            for (var i = 0; i < Facts.Count; i++)
            {
                if (Facts[i].Kind == FactKind.Identification)
                {
                    return i;
                }
            }

            return null;
        }
    }

    /// <summary>The earliest touch of any kind, by its number; 0 where there is none.</summary>
    public int FirstTouch => Facts.FirstOrDefault(fact => fact.Touch != 0).Touch;

    private static List<Session> CutSessions(List<Fact> facts, out Session?[] sessionOf)
    {
        var sessions = new SessionList();
        var newest = new ByBrowser(); // with or without an id
        sessionOf = new Session?[facts.Count];
        for (var i = 0; i < facts.Count; i++)
        {
            var fact = facts[i];
            if (fact.Kind == FactKind.Event)
            {
                var session = sessions.At(fact);
                session.Add(i, fact.Time);
                sessionOf[i] = session;
                newest.Set(fact.Browser, session, fact.Time);
            }
            else if (newest.TryGet(fact.Browser, out var last, out var time) && fact.Time - time < Pause)
            {
                // What a browser says of itself belongs to what it has just done.
                sessionOf[i] = last;
            }
        }

        // Else to what it does next.
        var next = new ByBrowser();
        for (var i = facts.Count - 1; i >= 0; i--)
        {
            if (facts[i].Kind == FactKind.Event)
            {
                next.Set(facts[i].Browser, sessionOf[i]!, facts[i].Time);
            }
            else if (sessionOf[i] is null && next.TryGet(facts[i].Browser, out var following, out var time) && time - facts[i].Time < Pause)
            {
                sessionOf[i] = following;
            }
        }

        return sessions.All;
    }

    private List<Arrival> FindArrivals(FactTerms terms)
    {
        var arrivals = new List<Arrival>();
        for (var i = 0; i < Facts.Count; i++)
        {
            var (fact, session) = (Facts[i], SessionOf[i]);
            var touch = terms.TouchOf(fact.Touch);
            if (touch.Counts && fact.Kind != FactKind.ReportedTouch && session?.IsNew(touch) != false)
            {
                var arrival = new Arrival(fact.Time, i, touch, session);
                arrivals.Add(arrival);
                session?.Arrivals.Add(arrival);
            }
        }

        var isSorted = true;
        foreach (var session in Sessions)
        {
            if (session.Arrivals.Count > 0)
            {
                continue;
            }

            isSorted &= arrivals.Count == 0 || arrivals[^1].Fact < session.Facts[0];
            var arrival = new Arrival(session.First, session.Facts[0], TouchFacts.Direct, session);
            arrivals.Add(arrival);
            session.Arrivals.Add(arrival);
        }

        if (!isSorted)
        {
            arrivals.Sort((one, other) => one.Fact.CompareTo(other.Fact));
        }

        return arrivals;
    }
}

/// <summary>The sessions of one person while they are found.</summary>
internal sealed class SessionList
{
    // More than this are found by a table.
    private const int MostSearched = 8;

    private Dictionary<(int Browser, long Id), Session>? byId;

    public List<Session> All { get; } = [];

    /// <summary>The session of an event: that of its id, or without one that of the browser which no pause has ended.</summary>
    public Session At(Fact fact)
    {
        var known = Find(fact.Browser, fact.Session);
        if (known is not null && (fact.Session != 0 || fact.Time - known.Last < Journey.Pause))
        {
            return known;
        }

        var session = new Session(All.Count, fact.Browser, fact.Session, fact.Time);
        All.Add(session);
        if (byId is null && All.Count > MostSearched)
        {
            byId = [];
            All.ForEach(each => byId[(each.Browser, each.Id)] = each);
        }
        else if (byId is not null)
        {
            byId[(session.Browser, session.Id)] = session;
        }

        return session;
    }

    private Session? Find(int browser, long id)
    {
        if (byId is not null)
        {
            return byId.GetValueOrDefault((browser, id));
        }

        for (var i = All.Count - 1; i >= 0; i--)
        {
            if (All[i].Browser == browser && All[i].Id == id)
            {
                return All[i];
            }
        }

        return null;
    }
}

/// <summary>Of each browser of a person the session that was there last. Most have one browser, and need no table.</summary>
internal struct ByBrowser
{
    private int browser;
    private Session? session;
    private long time;
    private Dictionary<int, (Session Session, long Time)>? others;

    public void Set(int which, Session its, long at)
    {
        if (session is not null && browser != which)
        {
            (others ??= [])[browser] = (session, time);
        }

        (browser, session, time) = (which, its, at);
    }

    public readonly bool TryGet(int which, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Session? its, out long at)
    {
        if (session is not null && browser == which)
        {
            (its, at) = (session, time);
            return true;
        }

        (its, at) = others is not null && others.TryGetValue(which, out var other) ? (other.Session, other.Time) : ((Session?)null, 0);
        return its is not null;
    }
}

/// <summary>The events of a browser under one session id, or without one those with no gap of 30 minutes.</summary>
/// <param name="number">Its place among the sessions of the person.</param>
internal sealed class Session(int number, int browser, long id, long first)
{
    // Few sessions have several arrivals.
    private const int MostSearched = 8;

    private HashSet<(string Channel, string? Source, string? Medium, string? Campaign, string? ReferrerHost)>? kinds;

    public int Number => number;

    public int Browser => browser;

    /// <summary>0 where it has none.</summary>
    public long Id => id;

    /// <summary>The time of the first event.</summary>
    public long First { get; } = first;

    /// <summary>The time of the last event.</summary>
    public long Last { get; private set; }

    /// <summary>The places of its events among the facts of the person.</summary>
    public List<int> Facts { get; } = [];

    /// <summary>At least one, once all are found.</summary>
    public List<Arrival> Arrivals { get; } = [];

    /// <summary>Whether no arrival of this kind has come in this session; one has now.</summary>
    public bool IsNew(TouchFacts touch)
    {
        if (Arrivals.Count < MostSearched)
        {
            return !Arrivals.Exists(arrival => ReferenceEquals(arrival.Touch, touch) || arrival.Touch.Kind == touch.Kind);
        }

        kinds ??= [.. Arrivals.Select(arrival => arrival.Touch.Kind)];
        return kinds.Add(touch.Kind);
    }

    public void Add(int fact, long time)
    {
        Facts.Add(fact);
        Last = time;
    }
}

/// <summary>Somebody comes: with a touch that counts, or without one at the first event of a session.</summary>
/// <param name="Fact">Its place among the facts of the person.</param>
/// <param name="Session">Null of an identification outside of every session.</param>
internal sealed record Arrival(long Time, int Fact, TouchFacts Touch, Session? Session);
