namespace DataGlue.Edge.Reports;

/// <summary>All facts of one person in their order, cut into sessions and arrivals.</summary>
internal sealed class Journey
{
    /// <summary>A pause of this length ends a session that has no id, in milliseconds.</summary>
    public const long Pause = 30 * 60 * 1_000;

    /// <param name="person">The person: <c>account:ID</c>, <c>email:KEY</c>, or <c>browser:ID</c> of one whom nobody has named.</param>
    /// <param name="names">What the person is known by: account, e-mails, browsers, each with what it is before it.</param>
    /// <param name="facts">In the order of time, and at one time of their ids.</param>
    public Journey(string person, IReadOnlyList<string> names, IReadOnlyList<Fact> facts, FactTerms terms)
    {
        (Person, Names, Facts) = (person, names, facts);
        Sessions = CutSessions(facts, out var sessionOf);
        SessionOf = sessionOf;
        Arrivals = FindArrivals(terms);
    }

    public string Person { get; }

    public IReadOnlyList<string> Names { get; }

    public IReadOnlyList<Fact> Facts { get; }

    /// <summary>In the order of their first events.</summary>
    public IReadOnlyList<Session> Sessions { get; }

    /// <summary>The session of each fact; null of an identification or a touch outside of every session.</summary>
    public Session?[] SessionOf { get; }

    /// <summary>In the order of time.</summary>
    public IReadOnlyList<Arrival> Arrivals { get; }

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

    private static List<Session> CutSessions(IReadOnlyList<Fact> facts, out Session?[] sessionOf)
    {
        var sessions = new List<Session>();
        var byId = new Dictionary<(int Browser, int Session), Session>();
        var newest = new Dictionary<int, (Session Session, long Time)>(); // of each browser, with or without an id
        sessionOf = new Session?[facts.Count];
        for (var i = 0; i < facts.Count; i++)
        {
            var fact = facts[i];
            if (fact.Kind != FactKind.Event)
            {
                // What a browser says of itself belongs to what it has just done.
                sessionOf[i] = newest.TryGetValue(fact.Browser, out var last) && fact.Time - last.Time < Pause ? last.Session : null;
                continue;
            }

            var key = (fact.Browser, fact.Session);
            var isKnown = byId.TryGetValue(key, out var session);
            if (!isKnown || (fact.Session == 0 && fact.Time - session!.Last >= Pause))
            {
                session = new Session(sessions.Count, fact.Time);
                sessions.Add(session);
                byId[key] = session;
            }

            session!.Add(i, fact.Time);
            sessionOf[i] = session;
            newest[fact.Browser] = (session, fact.Time);
        }

        // Else to what it does next.
        var next = new Dictionary<int, (Session Session, long Time)>();
        for (var i = facts.Count - 1; i >= 0; i--)
        {
            if (facts[i].Kind == FactKind.Event)
            {
                next[facts[i].Browser] = (sessionOf[i]!, facts[i].Time);
            }
            else if (sessionOf[i] is null && next.TryGetValue(facts[i].Browser, out var following) && following.Time - facts[i].Time < Pause)
            {
                sessionOf[i] = following.Session;
            }
        }

        return sessions;
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

        foreach (var session in Sessions.Where(session => session.Arrivals.Count == 0))
        {
            var arrival = new Arrival(session.First, session.Facts[0], TouchFacts.Direct, session);
            arrivals.Add(arrival);
            session.Arrivals.Add(arrival);
        }

        arrivals.Sort((one, other) => one.Fact.CompareTo(other.Fact));
        return arrivals;
    }
}

/// <summary>The events of a browser under one session id, or without one those with no gap of 30 minutes.</summary>
/// <param name="number">Its place among the sessions of the person.</param>
internal sealed class Session(int number, long first)
{
    private readonly HashSet<(string Channel, string? Source, string? Medium, string? Campaign, string? ReferrerHost)> kinds = [];

    public int Number => number;

    /// <summary>The time of the first event.</summary>
    public long First { get; } = first;

    /// <summary>The time of the last event.</summary>
    public long Last { get; private set; }

    /// <summary>The places of its events among the facts of the person.</summary>
    public List<int> Facts { get; } = [];

    /// <summary>At least one.</summary>
    public List<Arrival> Arrivals { get; } = [];

    /// <summary>Whether no arrival of this kind has come in this session; one has now.</summary>
    public bool IsNew(TouchFacts touch) => kinds.Add((touch.Channel, touch.Source, touch.Medium, touch.Campaign, touch.ReferrerHost));

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
