using DataGlue.Edge.Http;
using NodaTime;
using NodaTime.Text;
using NodaTime.TimeZones;

namespace DataGlue.Edge.Reports;

/// <summary>The time that a report is about: from an instant on, with it, to another, without it.</summary>
/// <param name="From">In milliseconds since 1970.</param>
/// <param name="To">In milliseconds since 1970.</param>
internal sealed record ReportRange(long From, long To, DateTimeZone Zone)
{
    /// <summary>How many days the range begins before today, where nobody says.</summary>
    private const int DefaultDays = 29;

    // Before and after these, nothing happens that a report is about, and calendars end.
    private const int LeastYear = 1970;
    private const int MostYear = 2200;

    private static readonly ZoneLocalMappingResolver FirstInstant = Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);
    private static readonly DateTimeZone Utc = DateTimeZone.Utc;

    public bool Has(long time) => time >= From && time < To;

    /// <summary>Reads <c>from</c>, <c>to</c> and <c>tz</c>. Each end is an instant, or a date in the zone, and a date as the end includes that day.</summary>
    /// <param name="now">In milliseconds since 1970.</param>
    public static ReportRange Read(ReportQuery query, long now)
    {
        var zone = ReadZone(query);
        var (least, most) = (new LocalDate(LeastYear, 1, 1), new LocalDate(MostYear, 1, 1));
        var today = DateOf(now, zone);
        var to = ReadEnd(query, "to", zone, isEnd: true) ?? StartOf(today.PlusDays(1), zone);
        var from = ReadEnd(query, "from", zone, isEnd: false) ?? StartOf(DateOf(Math.Min(now, to - 1), zone).PlusDays(-DefaultDays), zone);
        if (from < StartOf(least, zone) || to > StartOf(most, zone))
        {
            query.Fault($"from and to must lie between {LeastYear} and {MostYear}");
            return new ReportRange(now - 1, now, zone);
        }

        if (from >= to)
        {
            query.Fault("from must be before to");
            return new ReportRange(to - 1, to, zone);
        }

        return new ReportRange(from, to, zone);
    }

    /// <summary>The same elapsed time, earlier by as many calendar days as the range touches, or by a year. What is still to come of the range has no counterpart.</summary>
    public ReportRange Before(Comparison comparison, long now)
    {
        var (first, last) = (DateOf(From, Zone), DateOf(To - 1, Zone));
        var days = Period.DaysBetween(first, last) + 1;
        var local = Instant.FromUnixTimeMilliseconds(From).InZone(Zone).LocalDateTime;
        var start = comparison == Comparison.Year ? local.PlusYears(-1) : local.PlusDays(-days);
        var from = start.InZoneLeniently(Zone).ToInstant().ToUnixTimeMilliseconds();
        return new ReportRange(from, from + (Math.Max(From, Math.Min(To, now)) - From), Zone);
    }

    /// <summary>The starts of the buckets of an interval, the first at or before the start of the range.</summary>
    /// <param name="most">How many there may be.</param>
    /// <exception cref="RequestException">400: there are more.</exception>
    public List<long> Buckets(Interval interval, int most)
    {
        var starts = new List<long>();
        for (var start = StartOf(interval, From); start < To; start = Next(interval, start))
        {
            starts.Add(start);
            if (starts.Count > most)
            {
                throw new RequestException(StatusCodes.Status400BadRequest, $"interval={interval.ToString().ToLowerInvariant()} gives more than {most} points over this range; take a longer interval or a shorter range");
            }
        }

        return starts;
    }

    /// <summary>The interval that suits the length of the range.</summary>
    public Interval SuitableInterval() => ((To - From) / 86_400_000.0) switch { <= 2 => Interval.Hour, <= 92 => Interval.Day, <= 730 => Interval.Week, _ => Interval.Month };

    /// <summary>The first instant of a day: midnight, or where a zone has none that day, what comes first. A zone may have skipped the whole day.</summary>
    public static long StartOf(LocalDate date, DateTimeZone zone) => zone.ResolveLocal(date.AtMidnight(), FirstInstant).ToInstant().ToUnixTimeMilliseconds();

    public static LocalDate DateOf(long time, DateTimeZone zone) => Instant.FromUnixTimeMilliseconds(time).InZone(zone).Date;

    private long StartOf(Interval interval, long time)
    {
        var date = DateOf(time, Zone);
        return interval switch
        {
            // A zone may be half an hour off: its hours begin with its own.
            Interval.Hour => StartOfHour(time),
            Interval.Day => StartOf(date, Zone),
            Interval.Week => StartOf(date.PlusDays(1 - (int)date.DayOfWeek), Zone),
            _ => StartOf(new LocalDate(date.Year, date.Month, 1), Zone),
        };
    }

    private long Next(Interval interval, long start)
    {
        var date = DateOf(start, Zone);
        return interval switch
        {
            Interval.Hour => StartOfHour(start + 3_600_000) is var next && next > start ? next : start + 3_600_000,
            Interval.Day => StartOf(date.PlusDays(1), Zone),
            Interval.Week => StartOf(date.PlusDays(7), Zone),
            _ => StartOf(date.PlusMonths(1), Zone),
        };
    }

    private long StartOfHour(long time)
    {
        var local = Instant.FromUnixTimeMilliseconds(time).InZone(Zone).TimeOfDay;
        return time - (((((local.Minute * 60L) + local.Second) * 1_000) + local.Millisecond) % 3_600_000);
    }

    private static DateTimeZone ReadZone(ReportQuery query)
    {
        if (query.Text("tz") is not { } name)
        {
            return Utc;
        }

        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) is { } zone)
        {
            return zone;
        }

        query.Fault("tz must be a time zone of IANA, like Europe/Berlin or UTC");
        return Utc;
    }

    private static long? ReadEnd(ReportQuery query, string name, DateTimeZone zone, bool isEnd)
    {
        if (query.Text(name) is not { } text)
        {
            return null;
        }

        if (LocalDatePattern.Iso.Parse(text) is { Success: true, Value: var date } && date.Year is >= 1900 and < 9999)
        {
            return StartOf(isEnd ? date.PlusDays(1) : date, zone);
        }

        // A plus sign that was not escaped comes as a blank.
        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var instant) && instant >= Instants.LeastNumber && instant < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        if (isNumber || Instants.TryParse(text, out instant) || Instants.TryParse(text.Replace(' ', '+'), out instant))
        {
            return instant;
        }

        query.Fault($"{name} must be a date like 2026-01-31, an instant like 2026-01-31T12:00:00Z, or milliseconds since 1970");
        return null;
    }
}

/// <summary>With which time a report compares.</summary>
internal enum Comparison
{
    None,
    Previous,
    Year,
}

/// <summary>How long each point of a series is. Weeks begin on Monday.</summary>
internal enum Interval
{
    Hour,
    Day,
    Week,
    Month,
}
