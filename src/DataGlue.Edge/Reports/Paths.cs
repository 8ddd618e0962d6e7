namespace DataGlue.Edge.Reports;

/// <summary>What came next: the pages and events of sessions step by step, from the first that is asked for, else from the entry.</summary>
/// <param name="start">A page or the name of an event; null for the entry.</param>
/// <param name="steps">How many.</param>
internal sealed class Paths(FactTerms terms, ReportRange range, ReportFilters filters, string? start, int steps)
{
    private const int Most = 10;
    private const string Other = "other";
    private const string Exit = "exit";

    private readonly Dictionary<(int Step, string From, string To), long> links = [];
    private readonly Dictionary<string, long>[] nodes = [.. Enumerable.Range(0, steps).Select(_ => new Dictionary<string, long>(StringComparer.Ordinal))];

    public void Add(Journey journey)
    {
        foreach (var session in SessionFilter.Keep(journey, terms, range, filters))
        {
            Count(NodesOf(journey, session));
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        var top = nodes.Select(step => step.OrderByDescending(node => node.Value).ThenBy(node => node.Key, Model.EventKey.TextOrder).Take(Most).Select(node => node.Key).ToHashSet()).ToArray();
        string Shown(int step, string node) => node == Exit || top[step].Contains(node) ? node : Other;
        json.WriteStartArray("nodes");
        for (var step = 0; step < steps; step++)
        {
            WriteSorted(json, nodes[step].GroupBy(node => Shown(step, node.Key)).Select(group => (Step: step + 1, From: (string?)null, To: group.Key, Count: group.Sum(node => node.Value))));
        }

        json.WriteEndArray();
        json.WriteStartArray("links");
        foreach (var step in links.GroupBy(link => link.Key.Step).OrderBy(step => step.Key))
        {
            WriteSorted(json, step.GroupBy(link => (From: Shown(step.Key, link.Key.From), To: step.Key + 1 < steps ? Shown(step.Key + 1, link.Key.To) : link.Key.To))
                .Select(group => (Step: step.Key + 1, From: (string?)group.Key.From, group.Key.To, Count: group.Sum(link => link.Value))));
        }

        json.WriteEndArray();
    }

    private static void WriteSorted(Utf8JsonWriter json, IEnumerable<(int Step, string? From, string To, long Count)> rows)
    {
        foreach (var (step, from, to, count) in rows.OrderByDescending(row => row.Count).ThenBy(row => row.From, Model.EventKey.TextOrder).ThenBy(row => row.To, Model.EventKey.TextOrder))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            if (from is null)
            {
                json.WriteString("node", to);
            }
            else
            {
                json.WriteString("from", from);
                json.WriteString("to", to);
            }

            json.WriteNumber("sessions", count);
            json.WriteEndObject();
        }
    }

    // The same node several times in a row is one.
    private List<string> NodesOf(Journey journey, KeptSession session)
    {
        var found = new List<string>();
        foreach (var fact in session.Events.Select(i => journey.Facts[i]))
        {
            var node = terms.NameOf(fact.Name) == SessionFilter.PageView && terms.PageOf(fact.Page) is { } page ? terms.ShownPage(page)! : terms.NameOf(fact.Name);
            var isStart = found.Count > 0 || start is null || node == start || (fact.Page != 0 && terms.NameOf(fact.Name) == SessionFilter.PageView && terms.PageOf(fact.Page) is { } whole && (whole == start || PageName.PathOf(whole) == start));
            if (isStart && found.Count <= steps && (found.Count == 0 || found[^1] != node))
            {
                found.Add(node);
            }
        }

        return found;
    }

    private void Count(List<string> found)
    {
        for (var step = 0; step < Math.Min(found.Count, steps); step++)
        {
            nodes[step][found[step]] = nodes[step].GetValueOrDefault(found[step]) + 1;
            if (step + 1 < steps)
            {
                var link = (step, found[step], step + 1 < found.Count ? found[step + 1] : Exit);
                links[link] = links.GetValueOrDefault(link) + 1;
            }
        }
    }
}
