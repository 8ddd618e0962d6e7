using System.Runtime.InteropServices;
using DataGlue.Edge.Journeys;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Reads the browsers of one part after the other, each with all of its rows from all chunks. What it holds of a part serves for the next.</summary>
internal sealed class PartReader(FactTerms terms, ReportScope scope, NameOwners names, FactOrder order, RowTexts texts)
{
    private readonly Dictionary<ulong, int> places = [];
    private readonly List<(Run Run, int Before)> runs = [];
    private readonly List<Found> found = [];

    // Of the browser that is read.
    private readonly List<Run> own = [];
    private readonly List<Fact> alone = [];
    private readonly List<PlacedFact> placed = [];

    private List<Source> sources = [];

    /// <summary>Begins with a part.</summary>
    public void Open(List<Source> part)
    {
        sources = part;
        places.Clear();
        runs.Clear();
        found.Clear();
        for (var source = 0; source < sources.Count; source++)
        {
            foreach (var run in sources[source].Runs(source))
            {
                ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, run.Browser, out var isKnown);
                if (!isKnown)
                {
                    place = found.Count;
                    found.Add(new Found(run.Browser, -1, names.IsSpread(run.Browser)));
                }

                ref var browser = ref CollectionsMarshal.AsSpan(found)[place];
                runs.Add((run, browser.LastRun));
                browser = browser with { LastRun = runs.Count - 1, IsWanted = browser.IsWanted || IsWanted(run) };
            }
        }
    }

    /// <summary>Those that have to do with the time of the report. The facts of one are gone when the next comes.</summary>
    /// <param name="first">The number of the first in the report.</param>
    public IEnumerable<BrowserFacts> Browsers(int first)
    {
        foreach (var browser in found)
        {
            if (browser.IsWanted)
            {
                yield return Read(browser, first++);
            }
        }
    }

    // Of somebody who is on several browsers, all are read: one alone does not tell.
    private bool IsWanted(Run run)
    {
        var source = sources[run.Source];
        if (source.Chunk.TimeAt(run.Start) < scope.To && source.Chunk.TimeAt(run.End - 1) >= scope.From)
        {
            return true;
        }

        for (var row = run.Start; source.Log == Log.Identities && row < run.End; row++)
        {
            if (names.IsOnSeveralBrowsers(names.PersonOf(source.Chunk.NameAt(row))))
            {
                return true;
            }
        }

        return false;
    }

    private BrowserFacts Read(Found browser, int number)
    {
        own.Clear();
        for (var at = browser.LastRun; at >= 0; at = runs[at].Before)
        {
            own.Add(runs[at].Run);
        }

        own.Reverse();
        var isNamed = own.Exists(run => sources[run.Source] is var source && (source.Log == Log.Identities || source.HasNames(run)));
        return isNamed ? new BrowserFacts(browser.Number, null, SplitByPerson(browser.Number, number)) : new BrowserFacts(browser.Number, ReadAlone(number), []);
    }

    // The chunks come from the oldest rows to the newest, so that few browsers have to be sorted.
    private List<Fact> ReadAlone(int number)
    {
        alone.Clear();
        var isSorted = true;
        foreach (var run in own)
        {
            var before = alone.Count;
            var source = sources[run.Source];
            var rows = source.RowsOf(run, scope.WithBots);
            for (var row = run.Start; row < run.End; row++)
            {
                if (rows.Count(row))
                {
                    alone.Add(EventAt(source, row, number));
                }
            }

            isSorted &= before == 0 || before == alone.Count || alone[before - 1].Time < alone[before].Time;
        }

        if (isSorted)
        {
            return alone;
        }

        placed.Clear();
        PlaceEvents(number);
        placed.Sort(order);
        alone.Clear();
        placed.ForEach(fact => alone.Add(fact.Fact));
        return alone;
    }

    private void PlaceEvents(int number)
    {
        foreach (var run in own)
        {
            var source = sources[run.Source];
            if (source.Log != Log.Events)
            {
                continue;
            }

            var rows = source.RowsOf(run, scope.WithBots);
            for (var row = run.Start; row < run.End; row++)
            {
                if (rows.Count(row))
                {
                    placed.Add(new PlacedFact(EventAt(source, row, number), Log.Events, "", run.Browser, run.Source, row));
                }
            }
        }
    }

    // An event is whose name it has, else that of whose time it is in.
    private Dictionary<ulong, List<PlacedFact>> SplitByPerson(ulong browser, int number)
    {
        var byPerson = new Dictionary<ulong, List<PlacedFact>>();
        var spans = new Spans(browser, names, order);
        AddIdentities(byPerson, spans, number);
        placed.Clear();
        PlaceEvents(number);
        foreach (var fact in placed)
        {
            var name = sources[fact.Source].Chunk.NameAt(fact.Row);
            Add(byPerson, name != 0 ? names.PersonOf(name) : spans.PersonAt(fact), fact);
        }

        foreach (var facts in byPerson.Values)
        {
            facts.Sort(order);
        }

        return byPerson;
    }

    private void AddIdentities(Dictionary<ulong, List<PlacedFact>> byPerson, Spans spans, int number)
    {
        placed.Clear();
        foreach (var run in own.Where(run => sources[run.Source].Log == Log.Identities))
        {
            var source = sources[run.Source];
            foreach (var row in source.Rows(run))
            {
                var fact = new Fact(FactKind.Touch, source.Chunk.TimeAt(row), source.Chunk.RowAt(row), number, 0, 0, 0, TouchAt(source, row), 0);
                placed.Add(new PlacedFact(fact, Log.Identities, source.Chunk.Texts[source.Chunk.TextAt(row)], run.Browser, run.Source, row));
            }
        }

        placed.Sort(order);
        foreach (var fact in placed)
        {
            if (sources[fact.Source].Chunk.NameAt(fact.Row) is not 0 and var name)
            {
                spans.Add(fact, name);
            }
        }

        foreach (var fact in placed)
        {
            var (name, person) = (sources[fact.Source].Chunk.NameAt(fact.Row), spans.PersonAt(fact));
            var kind = name != 0 && names.PersonOf(name) == person ? FactKind.Identification
                : fact.Kind is "identify" or "sync" ? FactKind.Touch : fact.Fact.Touch == 0 ? FactKind.Expired : FactKind.ReportedTouch;
            if (kind is FactKind.Identification or FactKind.Expired || fact.Fact.Touch != 0)
            {
                Add(byPerson, person, fact with { Fact = fact.Fact with { Kind = kind } });
            }
        }
    }

    private static void Add(Dictionary<ulong, List<PlacedFact>> byPerson, ulong person, PlacedFact fact) => (byPerson.TryGetValue(person, out var facts) ? facts : byPerson[person] = []).Add(fact);

    private Fact EventAt(Source source, int row, int number) => source.EventAt(row, number, terms) is var fact && !scope.WithClickIds ? fact : fact with { Touch = TouchAt(source, row) };

    // The ids of single clicks stand in the logs alone.
    private int TouchAt(Source source, int row)
    {
        var touch = source.TouchAt(row, terms);
        return scope.WithClickIds && terms.TouchOf(touch).HasClickId && texts.Of(source.Log, source.Chunk.RowAt(row))?.Touch is { } json
            ? terms.Touch(json, terms.TouchOf(touch).Counts) : touch;
    }

    private readonly record struct Found(ulong Number, int LastRun, bool IsWanted);
}

/// <summary>The facts of one browser.</summary>
/// <param name="Alone">Where nobody is named: all of them, in their order. Null where somebody is.</param>
/// <param name="ByPerson">Else those of each person, in their order; one whom nobody has named has the number of the browser.</param>
internal sealed record BrowserFacts(ulong Number, List<Fact>? Alone, Dictionary<ulong, List<PlacedFact>> ByPerson);

/// <summary>When a browser is whose: from an identification to the next that names another person. What was before the first is the first person's.</summary>
internal sealed class Spans(ulong browser, NameOwners names, FactOrder order)
{
    private readonly List<(PlacedFact From, ulong Person)> spans = [];

    /// <summary>Adds an identification, in the order of time. Those behind the last span that counts join nobody.</summary>
    public void Add(PlacedFact identification, ulong name)
    {
        var person = names.PersonOf(name);
        if (spans.Count <= Person.MaxSpans && (spans.Count == 0 || spans[^1].Person != person))
        {
            spans.Add((identification, spans.Count < Person.MaxSpans ? person : browser));
        }
    }

    public ulong PersonAt(PlacedFact fact)
    {
        var (low, high) = (0, spans.Count);
        while (low < high && spans.Count > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = order.ComparePlaces(spans[middle].From, fact) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return spans.Count == 0 ? browser : spans[Math.Max(low - 1, 0)].Person;
    }
}
