using System.Runtime.InteropServices;

namespace DataGlue.Edge.Reports;

/// <summary>What came next: the pages and events of sessions step by step, from the first that is asked for, else from the entry. The journeys are gone through twice: which nodes
/// are shown must be known before the ways between them are counted, of which there are too many otherwise.</summary>
/// <param name="start">A page or the name of an event; null for the entry.</param>
/// <param name="steps">How many.</param>
internal sealed class Paths(FactTerms terms, ReportRange range, ReportFilters filters, string? start, int steps)
{
    private const int Most = 10;
    private const string Other = "other";
    private const string Exit = "exit";
    private const int OtherNode = -1;
    private const int ExitNode = -2;

    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<string> texts = [];
    private readonly Dictionary<int, Node> ofPages = [];
    private readonly Dictionary<int, Node> ofNames = [];
    private readonly Dictionary<int, long>[] nodes = [.. Enumerable.Range(0, steps).Select(_ => new Dictionary<int, long>())];
    private readonly Dictionary<(int Step, int From, int To), long> links = [];
    private readonly List<int> found = [];
    private readonly int pageView = terms.Name(SessionFilter.PageView);
    private HashSet<int>[] top = [];

    /// <summary>Counts the nodes of a person.</summary>
    public void AddNodes(Journey journey)
    {
        foreach (var session in SessionFilter.Keep(journey, terms, range, filters))
        {
            FindNodes(journey, session);
            for (var step = 0; step < Math.Min(found.Count, steps); step++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(nodes[step], found[step], out _)++;
            }
        }
    }

    /// <summary>Chooses what is shown, once all nodes are counted.</summary>
    public void ChooseTop() => top = [.. nodes.Select(step =>
        step.OrderByDescending(node => node.Value).ThenBy(node => texts[node.Key], Model.EventKey.TextOrder).Take(Most).Select(node => node.Key).ToHashSet())];

    /// <summary>Counts the ways between what is shown.</summary>
    public void AddLinks(Journey journey)
    {
        foreach (var session in SessionFilter.Keep(journey, terms, range, filters))
        {
            FindNodes(journey, session);
            for (var step = 0; step < Math.Min(found.Count, steps - 1); step++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(links, (step, Shown(step, found[step]), step + 1 < found.Count ? Shown(step + 1, found[step + 1]) : ExitNode), out _)++;
            }
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("nodes");
        for (var step = 0; step < steps; step++)
        {
            WriteSorted(json, nodes[step].GroupBy(node => TextOf(Shown(step, node.Key))).Select(group => (Step: step + 1, From: (string?)null, To: group.Key, Count: group.Sum(node => node.Value))));
        }

        json.WriteEndArray();
        json.WriteStartArray("links");
        foreach (var step in links.GroupBy(link => link.Key.Step).OrderBy(step => step.Key))
        {
            WriteSorted(json, step.GroupBy(link => (From: TextOf(link.Key.From), To: TextOf(link.Key.To)))
                .Select(group => (Step: step.Key + 1, From: (string?)group.Key.From, group.Key.To, Count: group.Sum(link => link.Value))));
        }

        json.WriteEndArray();
    }

    private int Shown(int step, int node) => top[step].Contains(node) ? node : OtherNode;

    private string TextOf(int node) => node switch { OtherNode => Other, ExitNode => Exit, _ => texts[node] };

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
    private void FindNodes(Journey journey, KeptSession session)
    {
        found.Clear();
        foreach (var i in session.Events)
        {
            var fact = journey.Facts[i];
            var node = fact.Name == pageView && fact.Page != 0 ? OfPage(fact.Page) : OfName(fact.Name);
            if ((found.Count > 0 || start is null || node.IsStart) && found.Count <= steps && (found.Count == 0 || found[^1] != node.Number))
            {
                found.Add(node.Number);
            }
        }
    }

    private Node OfPage(int page)
    {
        if (!ofPages.TryGetValue(page, out var node))
        {
            var (whole, shown) = (terms.PageOf(page)!, terms.ShownPage(terms.PageOf(page))!);
            node = ofPages[page] = new Node(NumberOf(shown), start is not null && (shown == start || whole == start || PageName.PathOf(whole) == start));
        }

        return node;
    }

    private Node OfName(int name)
    {
        if (!ofNames.TryGetValue(name, out var node))
        {
            node = ofNames[name] = new Node(NumberOf(terms.NameOf(name)), terms.NameOf(name) == start);
        }

        return node;
    }

    private int NumberOf(string text)
    {
        if (!numbers.TryGetValue(text, out var number))
        {
            number = numbers[text] = texts.Count;
            texts.Add(text);
        }

        return number;
    }

    private readonly record struct Node(int Number, bool IsStart);
}
