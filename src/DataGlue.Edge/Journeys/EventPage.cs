namespace DataGlue.Edge.Journeys;

/// <summary>Events that are read together, so many that memory stays bounded. One event always fits.</summary>
/// <param name="most">How many.</param>
/// <param name="maxSize">How much text, about, in characters.</param>
internal sealed class EventPage(int most, int maxSize)
{
    private int size;

    public List<EventRow> Rows { get; } = [];

    public int Left => most - Rows.Count;

    public bool IsFull => Left <= 0 || (Rows.Count > 0 && size >= maxSize);

    /// <summary>Takes events until it is full.</summary>
    public void Take(IEnumerable<EventRow> events)
    {
        foreach (var row in events)
        {
            Rows.Add(row);
            size += row.Size;
            if (IsFull)
            {
                return;
            }
        }
    }
}
