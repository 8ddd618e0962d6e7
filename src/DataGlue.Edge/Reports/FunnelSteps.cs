using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>A funnel as it is asked for.</summary>
/// <param name="Exclude">The names of events that end an attempt.</param>
/// <param name="Window">In milliseconds.</param>
internal sealed record AskedFunnel(List<AskedStep> Steps, IReadOnlyList<string> Exclude, long Window)
{
    public static AskedFunnel Read(ReportQuery query, int most, long window)
    {
        var asked = new AskedFunnel(
            FunnelSteps.Read(query, most), query.Text("exclude")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [], query.Duration("window", window));
        if (asked.Exclude.Intersect(asked.Steps.Select(step => step.Name)).Any())
        {
            query.Fault("exclude must be other events than the steps");
        }

        return asked;
    }

    /// <summary>Whether a condition is on the page.</summary>
    public bool HasPages => Steps.Exists(step => step.Key == "page");

    public Funnel Find(Database database, FactTerms terms, ReportRange range, ReportFilters filters, Func<FactTerms, Journey, int, string?>? by, CancellationToken cancelled) => new(
        terms, range, filters, Steps.ConvertAll(step => step.Find(database, terms, range.From, range.To + Window, cancelled)), Exclude.Select(terms.Name).ToHashSet(), Window,
        by is null ? null : (journey, fact) => by(terms, journey, fact));
}

/// <summary>The steps of a funnel as they are asked for: <c>page_view,form_submit,purchase</c>, each with a condition in brackets where it has one.</summary>
internal static class FunnelSteps
{
    public static List<AskedStep> Read(ReportQuery query, int most)
    {
        if (query.Text("steps") is not { } text)
        {
            query.Fault("steps is required: names of events in their order, like steps=page_view,form_submit,purchase");
            return [];
        }

        var parts = Split(text);
        if (parts.Count > most || parts.Count == 0)
        {
            query.Fault($"steps must be 1 to {most} names of events, separated by commas");
            return [];
        }

        return parts.ConvertAll(part => Parse(part, query));
    }

    // A comma in brackets is one of the condition.
    private static List<string> Split(string text)
    {
        var (parts, start, depth) = (new List<string>(), 0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            depth += i == text.Length ? 0 : text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
            if (i == text.Length || (text[i] == ',' && depth <= 0))
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        return parts;
    }

    private static AskedStep Parse(string part, ReportQuery query)
    {
        var open = part.IndexOf('[', StringComparison.Ordinal);
        var (name, condition) = open < 0 ? (part, null) : (part[..open].Trim(), part.EndsWith(']') ? part[(open + 1)..^1] : "");
        var equals = condition?.IndexOf('=', StringComparison.Ordinal) ?? -1;
        if (name.Length == 0 || (condition is not null && equals < 1))
        {
            query.Fault($"'{part}' is no step; a step is the name of an event, and may have one condition like page_view[page=/pricing] or purchase[plan=pro]");
            return new AskedStep(part, name, null, "");
        }

        return condition is null ? new AskedStep(part, name, null, "") : new AskedStep(part, name, condition[..equals].Trim(), condition[(equals + 1)..].Trim());
    }
}

/// <summary>A step as it is asked for.</summary>
/// <param name="Key">Of its condition: <c>page</c>, or a property; null where it has none.</param>
/// <param name="Value">The value that it must have; with <c>*</c> at its end the beginning.</param>
internal sealed record AskedStep(string Text, string Name, string? Key, string Value)
{
    /// <summary>Finds the events that fulfil the condition.</summary>
    public FunnelStep Find(Database database, FactTerms terms, long from, long before, CancellationToken cancelled)
    {
        var filter = new ValueFilter([Value]);
        switch (Key)
        {
            case null:
                return new FunnelStep(Text, terms.Name(Name), null, null);
            case "page":
                return new FunnelStep(Text, terms.Name(Name), number => terms.PageOf(number) is { } page ? filter.Keeps(PageName.PathOf(page), page) : filter.Keeps(null), null);
            default:
                var asked = new { name = Name, property = Key, start = Instants.Format(from), end = Instants.Format(before) };
                var rows = database.Read<List<PropertyRow>>(connection => [.. connection.Query<PropertyRow>(SqlFile.Read("read/report_properties"), asked)], cancelled);
                return new FunnelStep(Text, terms.Name(Name), null, rows.Where(row => filter.Keeps(row.Text)).Select(row => row.Id).ToHashSet());
        }
    }
}

/// <summary>A property of an event.</summary>
internal sealed class PropertyRow
{
    public long Id { get; set; }
    public string? Text { get; set; }
}
