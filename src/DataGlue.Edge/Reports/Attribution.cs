namespace DataGlue.Edge.Reports;

/// <summary>How the credit for conversions is shared among arrivals.</summary>
internal enum AttributionModel
{
    FirstTouch,
    LastTouch,
    LastNonDirect,
    Linear,
    PositionBased,
    TimeDecay,
}

/// <summary>Which arrivals brought people and conversions.</summary>
/// <param name="key">What the rows are by: the value of a touch; null is none.</param>
/// <param name="lookback">How long before a conversion an arrival counts, in milliseconds.</param>
internal sealed class Attribution(
    FactTerms terms, ReportRange range, ReportFilters filters, Conversion conversion, AttributionModel model, Func<FactTerms, TouchFacts, string?> key, long lookback, CancellationToken cancelled)
{
    private readonly Dictionary<string, AttributionRow> rows = new(StringComparer.Ordinal);
    private readonly AttributionRow none = new(null);
    private readonly AttributionRow total = new(null);
    private int people;

    public void Add(Journey journey)
    {
        if (!SessionFilter.KeepsPerson(journey, filters))
        {
            return;
        }

        var kept = filters.IsEmpty ? [] : SessionFilter.Keep(journey, terms, range, filters).Select(session => session.Session).ToHashSet();
        people++;
        foreach (var arrival in journey.Arrivals)
        {
            if (!range.Has(arrival.Time) || !IsKept(arrival.Session, kept))
            {
                continue;
            }

            var row = Row(key(terms, arrival.Touch));
            row.CountTouch(people);
            total.CountTouch(people);
        }

        foreach (var (fact, value) in conversion.Of(journey))
        {
            if (range.Has(journey.Facts[fact].Time) && IsKept(journey.SessionOf[fact], kept))
            {
                Credit(journey, fact, value);
            }
        }
    }

    public void Write(Utf8JsonWriter json, int most)
    {
        json.WriteStartArray("rows");
        foreach (var row in rows.Values.Append(none).Where(row => !row.IsEmpty)
            .OrderByDescending(row => row.Conversions).ThenByDescending(row => row.People).ThenBy(row => row.Key, Model.EventKey.TextOrder).Take(most))
        {
            json.WriteStartObject();
            json.WriteString("key", row.Key);
            row.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("totals");
        total.Write(json);
        json.WriteEndObject();
    }

    /// <summary>How much of a whole of one million each of some arrivals gets; the rest of a division goes to the largest, the earliest of equals.</summary>
    /// <param name="ages">The time from each arrival to the conversion, in milliseconds, the earliest arrival first.</param>
    /// <param name="whole">What is shared.</param>
    public static List<long> Shares(AttributionModel model, IReadOnlyList<long> ages, long whole)
    {
        var weights = Weights(model, ages);
        Int128 sum = 0;
        weights.ForEach(weight => sum += weight);
        var shares = weights.ConvertAll(weight => (long)((Int128)whole * weight / sum));
        shares[weights.IndexOf(weights.Max())] += whole - shares.Sum();
        return shares;
    }

    // Whole numbers, so that two computers get the same.
    private static List<long> Weights(AttributionModel model, IReadOnlyList<long> ages) => model switch
    {
        AttributionModel.PositionBased when ages.Count > 2 =>
            [.. ages.Select((_, i) => i == 0 || i == ages.Count - 1 ? 2L * (ages.Count - 2) : 1L)],
        AttributionModel.TimeDecay => [.. ages.Select(age => Decay(age / 86_400_000))],
        _ => [.. ages.Select(_ => 1L)],
    };

    // A half each seven whole days, in 2^40ths; the seventh roots of a half stand for the days between.
    private static long Decay(long days)
    {
        ReadOnlySpan<long> roots = [1_099_511_627_776, 995_853_700_410, 901_968_262_606, 816_933_999_857, 739_916_455_813, 670_159_843_608, 606_979_629_195];
        return days / 7 >= 40 ? 1 : Math.Max(roots[(int)(days % 7)] >> (int)(days / 7), 1);
    }

    private bool IsKept(Session? session, HashSet<Session> kept) => filters.IsEmpty || (session is not null && kept.Contains(session));

    private void Credit(Journey journey, int fact, long value)
    {
        total.CountConversion(Amount.One, value);
        if (model == AttributionModel.FirstTouch)
        {
            Row(key(terms, terms.TouchOf(journey.FirstTouch))).CountConversion(Amount.One, value);
            return;
        }

        // Its own arrival is one of them.
        cancelled.ThrowIfCancellationRequested();
        var time = journey.Facts[fact].Time;
        var (start, end) = Before(journey.Arrivals, fact, time);
        var shared = new List<Arrival>();
        for (var i = end - 1; i >= start && (model is not (AttributionModel.LastTouch or AttributionModel.LastNonDirect) || shared.Count == 0); i--)
        {
            if (model == AttributionModel.LastTouch || journey.Arrivals[i].Touch.Counts)
            {
                shared.Add(journey.Arrivals[i]);
            }
        }

        shared.Reverse();
        if (shared.Count == 0)
        {
            Row(key(terms, TouchFacts.Direct)).CountConversion(Amount.One, value);
            return;
        }

        var ages = shared.ConvertAll(arrival => time - arrival.Time);
        var (credits, values) = (Shares(model, ages, Amount.One), Shares(model, ages, value));
        for (var i = 0; i < shared.Count; i++)
        {
            Row(key(terms, shared[i].Touch)).CountConversion(credits[i], values[i]);
        }
    }

    // From which to which the arrivals are that come before a conversion, or with it, and not too long before. They are in the order of time.
    private (int Start, int End) Before(List<Arrival> arrivals, int fact, long time)
    {
        var end = FirstOf(arrivals, arrival => arrival.Fact > fact);
        return (FirstOf(arrivals, arrival => time - arrival.Time <= lookback), end);
    }

    // The first of which something holds, that holds of all behind it too.
    private static int FirstOf(List<Arrival> arrivals, Func<Arrival, bool> holds)
    {
        var (low, high) = (0, arrivals.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = holds(arrivals[middle]) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private AttributionRow Row(string? name) => name is null ? none : rows.TryGetValue(name, out var row) ? row : rows[name] = new AttributionRow(name);
}

/// <summary>What arrivals of one kind brought.</summary>
internal sealed class AttributionRow(string? key)
{
    private int lastPerson;

    public string? Key => key;
    public long People { get; private set; }
    public long Touches { get; private set; }
    public Int128 Conversions { get; private set; } // in millionths
    public Int128 Value { get; private set; } // in millionths
    public bool IsEmpty => Touches == 0 && Conversions == 0;

    public void CountTouch(int person)
    {
        Touches++;
        People += person == lastPerson ? 0 : 1;
        lastPerson = person;
    }

    public void CountConversion(long credit, long value)
    {
        Conversions += credit;
        Value += value;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("people", People);
        json.WriteNumber("touches", Touches);
        Amount.Write(json, "conversions", Conversions);
        Amount.Write(json, "value", Value);
    }
}
