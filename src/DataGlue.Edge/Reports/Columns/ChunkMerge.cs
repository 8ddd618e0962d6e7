using DataGlue.Edge.Model;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Puts rows of several chunks, and rows from the log, into the order of one. Rows of one browser and time that come from two places are compared by their event ids.</summary>
/// <param name="eventIdOf">Reads the event id of a row.</param>
internal sealed class ChunkMerge(Func<long, string> eventIdOf)
{
    private readonly List<Placed> rows = [];
    private readonly Dictionary<long, string> eventIds = [];
    private int sources;

    public int Count => rows.Count;

    /// <summary>Adds rows of a chunk, in its order.</summary>
    public void Add(IEnumerable<LogRow> sorted)
    {
        sources++;
        rows.AddRange(sorted.Select((row, place) => new Placed(row, sources, place)));
    }

    /// <summary>Adds rows from the log, in any order.</summary>
    public void AddUnsorted(IEnumerable<LogRow> fresh)
    {
        var sorted = fresh.ToList();
        sorted.Sort(Compare);
        Add(sorted);
    }

    public List<LogRow> Sorted()
    {
        rows.Sort(Compare);
        return rows.ConvertAll(placed => placed.Row);
    }

    private int Compare(Placed one, Placed other)
    {
        var order = one.Row.Browser.CompareTo(other.Row.Browser);
        order = order != 0 ? order : one.Row.Time.CompareTo(other.Row.Time);
        return order != 0 ? order : one.Source == other.Source ? one.Place.CompareTo(other.Place) : CompareIds(one.Row, other.Row);
    }

    private int Compare(LogRow one, LogRow other)
    {
        var order = one.Browser.CompareTo(other.Browser);
        order = order != 0 ? order : one.Time.CompareTo(other.Time);
        return order != 0 ? order : CompareIds(one, other);
    }

    // Of the identity log two kinds may have one event id.
    private int CompareIds(LogRow one, LogRow other)
    {
        var order = EventKey.CompareUtf8(EventIdOf(one), EventIdOf(other));
        order = order != 0 ? order : string.CompareOrdinal(one.Text, other.Text);
        return order != 0 ? order : one.Row.CompareTo(other.Row);
    }

    private string EventIdOf(LogRow row)
    {
        if (row.EventId is not null)
        {
            return row.EventId;
        }

        if (!eventIds.TryGetValue(row.Row, out var id))
        {
            id = eventIds[row.Row] = eventIdOf(row.Row);
        }

        return id;
    }

    private readonly record struct Placed(LogRow Row, int Source, int Place);
}
