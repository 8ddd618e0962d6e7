using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>What a report counts as success: that somebody is identified, once a person, or each event of a name; and what each is worth.</summary>
internal sealed class Conversion
{
    public const string Identified = "identified";

    private readonly int name;
    private readonly Dictionary<long, long> values;

    private Conversion(int name, Dictionary<long, long> values) => (this.name, this.values) = (name, values);

    /// <summary>Reads what each event is worth.</summary>
    /// <param name="conversion">The name of the events, or <c>identified</c>.</param>
    /// <param name="property">The property that holds the value, a number; null where none is asked for.</param>
    /// <param name="before">In milliseconds since 1970.</param>
    public static Conversion Read(Database database, FactTerms terms, string conversion, string? property, long from, long before, CancellationToken cancelled)
    {
        if (conversion == Identified)
        {
            return new Conversion(0, []);
        }

        var values = new Dictionary<long, long>();
        if (property is not null)
        {
            var asked = new { name = conversion, property, start = Instants.Format(from), end = Instants.Format(before) };
            foreach (var row in database.Read<List<ValueRow>>(connection => [.. connection.Query<ValueRow>(SqlFile.Read("read/report_values"), asked)], cancelled))
            {
                values[row.Id] = Amount.Parse(row.Value);
            }
        }

        return new Conversion(terms.Name(conversion), values);
    }

    /// <summary>The conversions of a person, by their places among the facts.</summary>
    public IEnumerable<(int Fact, long Value)> Of(Journey journey)
    {
        if (name == 0)
        {
            if (journey.FirstIdentification is { } first)
            {
                yield return (first, 0);
            }

            yield break;
        }

        for (var i = 0; i < journey.Facts.Count; i++)
        {
            if (journey.Facts[i].Kind == FactKind.Event && journey.Facts[i].Name == name)
            {
                yield return (i, values.GetValueOrDefault(journey.Facts[i].Row));
            }
        }
    }
}

/// <summary>What an event is worth.</summary>
internal sealed class ValueRow
{
    public long Id { get; set; }
    public string? Value { get; set; } // as JSON
}
