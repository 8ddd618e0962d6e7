using DataGlue.Edge.Reports;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>Ranges, comparisons and the points of a series in zones of every kind.</summary>
public sealed class ReportRangeTests
{
    // 2026-03-30T10:00:00Z, the day after the change to summer time in Europe.
    private const long Now = 1_774_864_800_000;

    [Theory]
    [InlineData("", "2026-03-01T00:00:00.000Z 2026-03-31T00:00:00.000Z")]
    [InlineData("tz=Europe/Berlin", "2026-02-28T23:00:00.000Z 2026-03-30T22:00:00.000Z")]
    [InlineData("tz=Asia/Kolkata", "2026-02-28T18:30:00.000Z 2026-03-30T18:30:00.000Z")]
    [InlineData("from=2026-03-29 to=2026-03-29 tz=Europe/Berlin", "2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z")] // 23 hours
    [InlineData("from=2025-10-26 to=2025-10-26 tz=Europe/Berlin", "2025-10-25T22:00:00.000Z 2025-10-26T23:00:00.000Z")] // 25 hours
    [InlineData("from=2026-01-01T12:00:00+02:00 to=1767610800000", "2026-01-01T10:00:00.000Z 2026-01-05T11:00:00.000Z")]
    [InlineData("to=2026-01-31", "2026-01-02T00:00:00.000Z 2026-02-01T00:00:00.000Z")]
    public void A_range_is_of_days_in_the_zone(string parameters, string range) => Assert.Equal(range, Shown(Read(parameters)));

    [Theory]
    [InlineData("from=2026-03-01 to=2026-03-10", "previous", "2026-02-19T00:00:00.000Z 2026-03-01T00:00:00.000Z")]
    [InlineData("from=2026-03-23 to=2026-03-30", "previous", "2026-03-15T00:00:00.000Z 2026-03-22T10:00:00.000Z")] // as much of it as there is of today
    [InlineData("from=2026-03-01 to=2026-03-10", "year", "2025-03-01T00:00:00.000Z 2025-03-11T00:00:00.000Z")]
    [InlineData("from=2024-02-29 to=2024-02-29", "year", "2023-02-28T00:00:00.000Z 2023-03-01T00:00:00.000Z")]
    [InlineData("from=2026-03-29 to=2026-03-29 tz=Europe/Berlin", "previous", "2026-03-27T23:00:00.000Z 2026-03-28T22:00:00.000Z")]
    public void A_comparison_is_the_same_elapsed_time_before(string parameters, string comparison, string range) =>
        Assert.Equal(range, Shown(Read(parameters).Before(Enum.Parse<Comparison>(comparison, ignoreCase: true), Now)));

    [Theory]
    [InlineData("from=2026-03-28 to=2026-03-30 tz=Europe/Berlin", "Day", "03-27T23 03-28T23 03-29T22")]
    [InlineData("from=2026-03-29 to=2026-03-29 tz=Europe/Berlin", "Hour", "23")]
    [InlineData("from=2025-10-26 to=2025-10-26 tz=Europe/Berlin", "Hour", "25")]
    [InlineData("from=2026-03-04 to=2026-03-17", "Week", "03-02T00 03-09T00 03-16T00")]
    [InlineData("from=2026-01-15 to=2026-03-01", "Month", "01-01T00 02-01T00 03-01T00")]
    [InlineData("from=2026-03-29T00:10:00Z to=2026-03-29T02:00:00Z tz=Asia/Kolkata", "Hour", "03-28T23 03-29T00 03-29T01")]
    [InlineData("from=2011-12-29 to=2012-01-01 tz=Pacific/Apia", "Day", "12-29T10 12-30T10 12-31T10")] // no 30th at all
    [InlineData("from=2018-11-03 to=2018-11-05 tz=America/Sao_Paulo", "Day", "11-03T03 11-04T03 11-05T02")] // no midnight on the 4th
    public void A_series_has_a_point_for_each_interval(string parameters, string interval, string points)
    {
        var buckets = Read(parameters).Buckets(Enum.Parse<Interval>(interval), 400);
        Assert.Equal(points, points.Contains('T', StringComparison.Ordinal) ? string.Join(' ', buckets.Select(start => Instants.Format(start)[5..13])) : $"{buckets.Count}");
    }

    [Theory]
    [InlineData("from=yesterday", "from must be a date like 2026-01-31, an instant like 2026-01-31T12:00:00Z, or milliseconds since 1970")]
    [InlineData("from=2026-02-30", "from must be a date like 2026-01-31, an instant like 2026-01-31T12:00:00Z, or milliseconds since 1970")]
    [InlineData("from=2026-02-02 to=2026-02-01", "from must be before to")]
    [InlineData("from=0001-01-01", "from and to must lie between 1970 and 2200")]
    [InlineData("from=1950-01-01", "from and to must lie between 1970 and 2200")]
    [InlineData("to=9998-12-31", "from and to must lie between 1970 and 2200")]
    [InlineData("from=253402200000000 to=253402300799000", "from and to must lie between 1970 and 2200")]
    [InlineData("tz=Mars", "tz must be a time zone of IANA, like Europe/Berlin or UTC")]
    public void What_is_no_range_is_told(string parameters, string fault)
    {
        var query = Query(parameters);
        ReportRange.Read(query, Now);
        Assert.Equal(fault, Assert.Throws<DataGlue.Edge.Http.RequestException>(query.Require).Message);
    }

    private static ReportRange Read(string parameters)
    {
        var query = Query(parameters);
        var range = ReportRange.Read(query, Now);
        query.Require();
        return range;
    }

    private static ReportQuery Query(string parameters) =>
        Visits.Query([.. parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair[..pair.IndexOf('=', StringComparison.Ordinal)], pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]))]);

    private static string Shown(ReportRange range) => $"{Instants.Format(range.From)} {Instants.Format(range.To)}";
}
