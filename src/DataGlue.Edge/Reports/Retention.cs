namespace DataGlue.Edge.Reports;

/// <summary>Who comes back: people by when they did something for the first time, and how many of them did so again in each interval since then.</summary>
/// <param name="event">The number of the event that counts as coming back; null for any.</param>
/// <param name="buckets">The starts of the cohorts.</param>
/// <param name="now">In milliseconds since 1970.</param>
internal sealed class RetentionReport(FactTerms terms, ReportRange range, ReportFilters filters, int? @event, Interval interval, List<long> buckets, long now)
{
    private const int MostCells = 60;

    // From the first event of each person, whatever the calendar says.
    private readonly long length = interval switch { Interval.Day => 86_400_000L, Interval.Week => 7 * 86_400_000L, _ => 30 * 86_400_000L };
    private readonly Cohort[] cohorts = [.. buckets.Select(_ => new Cohort())];

    public void Add(Journey journey)
    {
        if (journey.FirstEvent is not { } first || !range.Has(first) || journey.Sessions.Count == 0 || !IsKept(journey))
        {
            return;
        }

        var place = buckets.BinarySearch(first);
        var cohort = cohorts[place >= 0 ? place : Math.Max(~place - 1, 0)];
        cohort.People++;
        cohort.LastFirst = Math.Max(cohort.LastFirst, first);
        var last = -1L;
        foreach (var fact in journey.Facts.Where(fact => fact.Kind == FactKind.Event && (@event is null || fact.Name == @event)))
        {
            var cell = (fact.Time - first) / length;
            if (cell > last && cell < MostCells)
            {
                cohort.Cells[cell]++;
                last = cell;
            }
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        var shown = cohorts.Select(CompleteCells).DefaultIfEmpty(0).Max();
        json.WriteStartArray("cohorts");
        for (var i = 0; i < cohorts.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("time", Instants.Format(buckets[i]));
            json.WriteNumber("people", cohorts[i].People);
            json.WriteStartArray("cells");
            for (var cell = 0; cell < shown; cell++)
            {
                if (cell < CompleteCells(cohorts[i]))
                {
                    json.WriteNumberValue(cohorts[i].Cells[cell]);
                }
                else
                {
                    json.WriteNullValue();
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // A cell counts once the last of the cohort has had all of its time.
    private int CompleteCells(Cohort cohort) => cohort.People == 0 ? 0 : (int)Math.Clamp((now - cohort.LastFirst) / length, 0, MostCells);

    // The session of the first event decides.
    private bool IsKept(Journey journey) => SessionFilter.KeepsSession(journey, journey.Sessions[0], terms, filters);

    private sealed class Cohort
    {
        public long People { get; set; }
        public long LastFirst { get; set; }
        public long[] Cells { get; } = new long[MostCells];
    }
}
