using System.Globalization;
using DataGlue.Edge.Reports;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>Journeys for the folds of reports, without a database.</summary>
internal sealed class Visits
{
    /// <summary>When every story begins: midnight of a Monday in UTC.</summary>
    public const long Start = 1_704_067_200_000;

    public const long Minute = 60_000;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;
    public const long Pause = 30 * Minute;

    private readonly Dictionary<string, List<(Fact Fact, int Place)>> people = [];
    private long row;

    public FactTerms Terms { get; } = new(hasSeveralHosts: false, DataGlue.Edge.Intake.IgnoredReferrers.None);

    /// <summary>An event of a person at so many milliseconds behind the start.</summary>
    /// <param name="session">0 for one without an id.</param>
    /// <param name="touch">A campaign, a referrer and the like, as JSON; null for none.</param>
    public Visits Event(string person, long at, string name, int session = 1, string? page = null, string? touch = null, int browser = 1, string? country = null) => Add(
        person, new Fact(FactKind.Event, Start + at, ++row, browser, session, Terms.Name(name), Terms.Page(page), Touch(touch), Terms.Client(new ClientFacts(null, null, null, country))));

    public Visits Identify(string person, long at, string? touch = null, int browser = 1) =>
        Add(person, new Fact(FactKind.Identification, Start + at, 0, browser, 0, 0, 0, Touch(touch), 0));

    public IEnumerable<Journey> Journeys() => people.Select(person => new Journey(
        new Who((ulong)person.Key[0], IsIdentified: true), [], [.. person.Value.OrderBy(fact => fact.Fact.Time).ThenBy(fact => fact.Place).Select(fact => fact.Fact)], Terms));

    public static ReportRange Range(long from, long to) => new(Start + from, Start + to, NodaTime.DateTimeZone.Utc);

    public static ReportFilters Filters(params (string Name, string Value)[] parameters)
    {
        var query = Query(parameters);
        var filters = ReportFilters.Read(query);
        query.Require();
        return filters;
    }

    public static ReportQuery Query(params (string Name, string Value)[] parameters) => new(new Microsoft.AspNetCore.Http.QueryCollection(
        parameters.GroupBy(parameter => parameter.Name).ToDictionary(group => group.Key, group => new Microsoft.Extensions.Primitives.StringValues([.. group.Select(parameter => parameter.Value)]))));

    /// <summary>What a report writes, as JSON.</summary>
    public static System.Text.Json.Nodes.JsonNode Json(Action<System.Text.Json.Utf8JsonWriter> write)
    {
        var output = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return System.Text.Json.Nodes.JsonNode.Parse(output.ToArray())!;
    }

    private int Touch(string? json) => Terms.Touch(json, counts: json?.Contains("utm", StringComparison.Ordinal) == true || json?.Contains("referrer", StringComparison.Ordinal) == true || json?.Contains("clid", StringComparison.Ordinal) == true);

    private Visits Add(string person, Fact fact)
    {
        (people.TryGetValue(person, out var facts) ? facts : people[person] = []).Add((fact, fact.Kind == FactKind.Identification ? 0 : int.Parse(fact.Row.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)));
        return this;
    }
}
