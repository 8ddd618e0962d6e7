using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>What exists, for pickers: names of events, pages, values of a property.</summary>
/// <param name="Of"><c>event</c>, <c>page</c> or <c>property</c>.</param>
/// <param name="Property">The property; empty of the others.</param>
/// <param name="Beginning">With which the values begin.</param>
internal sealed record ValueList(string Of, string Property, string Beginning)
{
    private const string PropertyMark = "property:";

    public static ValueList Read(ReportQuery query)
    {
        var (of, beginning) = (query.Text("of"), query.Text("q") ?? "");
        switch (of)
        {
            case "event" or "page":
                return new ValueList(of, "", beginning);
            case { } when of.StartsWith(PropertyMark, StringComparison.Ordinal) && of.Length > PropertyMark.Length:
                return new ValueList("property", of[PropertyMark.Length..], beginning);
            default:
                query.Fault("of is required: event, page, or property:NAME");
                return new ValueList("event", "", beginning);
        }
    }

    public void Write(Utf8JsonWriter json, Database database, ReportRange range, int most, CancellationToken cancelled)
    {
        var asked = new { from = Instants.Format(range.From), to = Instants.Format(range.To), q = Beginning, property = Property, most };
        json.WriteStartArray("values");
        foreach (var row in database.Read<List<ListedValueRow>>(connection => [.. connection.Query<ListedValueRow>(SqlFile.Read("read/values_of_" + Of), asked)], cancelled))
        {
            json.WriteStartObject();
            json.WriteString("value", row.Value);
            json.WriteNumber("count", row.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>A value that exists.</summary>
internal sealed class ListedValueRow
{
    public string Value { get; set; } = "";
    public long Count { get; set; }
}
