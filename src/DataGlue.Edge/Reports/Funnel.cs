namespace DataGlue.Edge.Reports;

/// <summary>How many people took some steps one after the other.</summary>
/// <param name="steps">In their order.</param>
/// <param name="exclude">The names of events that end an attempt.</param>
/// <param name="window">Within which time of the first step the others must come, in milliseconds.</param>
internal sealed class Funnel(FactTerms terms, ReportRange range, ReportFilters filters, IReadOnlyList<FunnelStep> steps, IReadOnlySet<int> exclude, long window, Func<Journey, int, string?>? by)
{
    private readonly FunnelFigures all = new(steps.Count, countsEvents: true);
    private readonly Dictionary<string, FunnelFigures> groups = new(StringComparer.Ordinal);
    private FunnelFigures? none;

    /// <summary>Counts a person. Returns the best attempt: the places of its steps among the facts, none where the person has not entered.</summary>
    public List<int> Add(Journey journey)
    {
        CountEvents(journey);
        var best = BestAttempt(journey);
        if (best.Count > 0)
        {
            var times = best.ConvertAll(i => journey.Facts[i].Time);
            all.Count(times);
            if (by is not null)
            {
                Group(by(journey, best[0])).Count(times);
            }
        }

        return best;
    }

    public void Write(Utf8JsonWriter json, int most)
    {
        all.Write(json, steps);
        if (by is null)
        {
            return;
        }

        json.WriteStartArray("by");
        var rows = groups.Select(group => (Key: (string?)group.Key, group.Value)).Concat(none is null ? [] : [(null, none)]);
        foreach (var (key, figures) in rows.OrderByDescending(row => row.Value.Entered).ThenBy(row => row.Key, Model.EventKey.TextOrder).Take(most))
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            figures.Write(json, steps);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private FunnelFigures Group(string? key) =>
        key is null ? none ??= new(steps.Count, countsEvents: false) : groups.TryGetValue(key, out var figures) ? figures : groups[key] = new(steps.Count, countsEvents: false);

    // The guide's own count: every event of a step in the range.
    private void CountEvents(Journey journey)
    {
        foreach (var fact in journey.Facts)
        {
            for (var step = 0; step < steps.Count && range.Has(fact.Time); step++)
            {
                all.Events[step] += steps[step].Fits(fact) ? 1 : 0;
            }
        }
    }

    // Most steps, then the earliest entry. Attempts go on side by side: one that began earlier is never behind one that began later, so those at one step are
    // neighbours, and an event takes them all one step further.
    private List<int> BestAttempt(Journey journey)
    {
        var waiting = Enumerable.Range(0, steps.Count).Select(_ => new Queue<int>()).ToArray(); // by how many steps they have taken, less one
        var first = new int?[steps.Count]; // the earliest entry that has come so far
        for (var i = 0; i < journey.Facts.Count && first[^1] is null; i++)
        {
            var fact = journey.Facts[i];
            if (fact.Kind != FactKind.Event)
            {
                continue;
            }

            if (exclude.Contains(fact.Name))
            {
                Array.ForEach(waiting, queue => queue.Clear());
                continue;
            }

            for (var step = steps.Count - 1; step > 0; step--)
            {
                if (steps[step].Fits(fact))
                {
                    Advance(journey, waiting, first, step, fact.Time);
                }
            }

            if (range.Has(fact.Time) && steps[0].Fits(fact) && SessionFilter.KeepsEntry(journey, i, terms, filters))
            {
                first[0] ??= i;
                waiting[0].Enqueue(i);
            }
        }

        return Array.FindLast(first, entry => entry is not null) is { } best ? Attempt(journey, best) : [];
    }

    private void Advance(Journey journey, Queue<int>[] waiting, int?[] first, int step, long time)
    {
        while (waiting[step - 1].TryDequeue(out var entry))
        {
            if (time - journey.Facts[entry].Time <= window)
            {
                first[step] ??= entry;
                waiting[step].Enqueue(entry);
            }
        }
    }

    private List<int> Attempt(Journey journey, int entry)
    {
        var attempt = new List<int> { entry };
        for (var i = entry + 1; i < journey.Facts.Count && attempt.Count < steps.Count && journey.Facts[i].Time - journey.Facts[entry].Time <= window; i++)
        {
            var fact = journey.Facts[i];
            if (fact.Kind != FactKind.Event)
            {
                continue;
            }

            if (exclude.Contains(fact.Name))
            {
                break;
            }

            if (steps[attempt.Count].Fits(fact))
            {
                attempt.Add(i);
            }
        }

        return attempt;
    }
}

/// <summary>A step: events of a name, and of a page or with a property where it says so.</summary>
/// <param name="Text">As it was asked for.</param>
/// <param name="Name">The number of the name.</param>
/// <param name="Rows">The events that fulfil its condition; null where it has none on a property.</param>
internal sealed record FunnelStep(string Text, int Name, Func<int, bool>? Page, IReadOnlySet<long>? Rows)
{
    public bool Fits(Fact fact) => fact.Kind == FactKind.Event && fact.Name == Name && Page?.Invoke(fact.Page) != false && Rows?.Contains(fact.Row) != false;
}

/// <summary>How many reached each step, and how long it took them.</summary>
/// <param name="countsEvents">Whether events were counted too, and not only people.</param>
internal sealed class FunnelFigures(int steps, bool countsEvents)
{
    private readonly long[] people = new long[steps];
    private readonly List<long>[] waits = [.. Enumerable.Range(0, steps).Select(_ => new List<long>())];

    public long[] Events { get; } = new long[steps];

    public long Entered => people[0];

    /// <param name="times">The times of the steps that somebody has taken.</param>
    public void Count(List<long> times)
    {
        for (var step = 0; step < times.Count; step++)
        {
            people[step]++;
            if (step > 0)
            {
                waits[step].Add(times[step] - times[step - 1]);
            }
        }
    }

    public void Write(Utf8JsonWriter json, IReadOnlyList<FunnelStep> names)
    {
        json.WriteStartArray("steps");
        for (var step = 0; step < steps; step++)
        {
            waits[step].Sort();
            json.WriteStartObject();
            json.WriteString("event", names[step].Text);
            if (countsEvents)
            {
                json.WriteNumber("events", Events[step]);
            }

            json.WriteNumber("people", people[step]);
            json.WritePropertyName("from_previous");
            json.WriteRawValue(step == 0 ? Ratio.Of(people[0], people[0]) : Ratio.Of(people[step], people[step - 1]));
            json.WritePropertyName("from_first");
            json.WriteRawValue(Ratio.Of(people[step], people[0]));
            WriteSeconds(json, "median_seconds", Quantile.Of(waits[step], 50));
            WriteSeconds(json, "p90_seconds", Quantile.Of(waits[step], 90));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSeconds(Utf8JsonWriter json, string name, long? milliseconds)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(milliseconds is { } known ? Amount.Format((Int128)known * 1_000) : "null");
    }
}
