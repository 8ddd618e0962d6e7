using DataGlue.Edge.Model;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>A fact and its place: by time, then event id; an identification before an event of the same place.</summary>
/// <param name="Kind">Of a row of the identity log its kind; empty of an event.</param>
/// <param name="Source">The chunk of the browser's part that it is from, by a number; the order of the rows there is that of their event ids.</param>
/// <param name="Row">Its place in that chunk.</param>
internal readonly record struct PlacedFact(Fact Fact, Log Log, string Kind, ulong Browser, int Source, int Row);

/// <summary>The order of facts. Event ids stand in the logs alone, and are read where the times are equal and the chunk does not tell.</summary>
internal sealed class FactOrder(RowTexts texts) : IComparer<PlacedFact>
{
    // Read again where there are more; a browser has few of one time.
    private const int MostKept = 50_000;

    private readonly Dictionary<(Log, long), string> eventIds = [];

    public int Compare(PlacedFact x, PlacedFact y)
    {
        var order = x.Fact.Time.CompareTo(y.Fact.Time);
        if (order != 0)
        {
            return order;
        }

        if (x.Browser == y.Browser && x.Log == y.Log && x.Source == y.Source)
        {
            return x.Row.CompareTo(y.Row);
        }

        order = CompareIds(x, y);
        order = order != 0 ? order : (x.Log == Log.Events).CompareTo(y.Log == Log.Events);
        order = order != 0 ? order : string.CompareOrdinal(x.Kind, y.Kind);
        return order != 0 ? order : x.Browser.CompareTo(y.Browser);
    }

    /// <summary>Compares two places: time and event id alone.</summary>
    public int ComparePlaces(PlacedFact x, PlacedFact y) => x.Fact.Time.CompareTo(y.Fact.Time) is not 0 and var order ? order : CompareIds(x, y);

    /// <summary>Compares two rows of the identity log, of whichever browsers.</summary>
    public int CompareIdentities((long Time, long Row, string Kind) x, (long Time, long Row, string Kind) y)
    {
        var order = x.Time.CompareTo(y.Time);
        order = order != 0 ? order : EventKey.CompareUtf8(EventIdOf(Log.Identities, x.Row), EventIdOf(Log.Identities, y.Row));
        order = order != 0 ? order : string.CompareOrdinal(x.Kind, y.Kind);
        return order != 0 ? order : EventKey.CompareUtf8(BrowserOf(x.Row), BrowserOf(y.Row));
    }

    private int CompareIds(PlacedFact x, PlacedFact y) =>
        x.Log == y.Log && x.Fact.Row == y.Fact.Row ? 0 : EventKey.CompareUtf8(EventIdOf(x.Log, x.Fact.Row), EventIdOf(y.Log, y.Fact.Row));

    private string BrowserOf(long row) => texts.Of(Log.Identities, row)?.GlueUserId ?? "";

    private string EventIdOf(Log log, long row)
    {
        if (!eventIds.TryGetValue((log, row), out var id))
        {
            if (eventIds.Count >= MostKept)
            {
                eventIds.Clear();
            }

            id = eventIds[(log, row)] = texts.EventIdOf(log, row);
        }

        return id;
    }
}
