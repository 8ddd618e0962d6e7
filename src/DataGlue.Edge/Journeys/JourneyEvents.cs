using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>Merges the events of several sources in ascending order. Few sources hold a page each, many only a place, so that memory stays bounded.</summary>
internal sealed class JourneyEvents
{
    private const int FewSources = 256;
    private const int PageEvents = 500;

    // In characters, as EventRow.Size.
    private const int MaxPageSize = 64 * 1024;
    private const int AllPagesSize = 2 * 1024 * 1024;

    private readonly int pageSize;
    private readonly PriorityQueue<Source, EventKey> sources = new(EventKey.Utf8Order);

    /// <summary>Begins after <paramref name="start"/>.</summary>
    public JourneyEvents(IReadOnlyList<EventSource> events, EventKey start)
    {
        Last = start;
        var areFew = events.Count <= FewSources;
        pageSize = Math.Min(MaxPageSize, AllPagesSize / events.Count);
        foreach (var source in events)
        {
            Enqueue(new Source(source, areFew ? new Queue<EventRow>() : null));
        }
    }

    /// <summary>The place of the last event that <see cref="Next"/> returned.</summary>
    public EventKey Last { get; private set; }

    public bool HasMore => sources.Count > 0;

    /// <summary>The next events, at most <paramref name="most"/> and all of one source. Only where <see cref="HasMore"/> is true.</summary>
    public List<EventRow> Next(int most)
    {
        var source = sources.Dequeue();
        EventKey? bound = sources.TryPeek(out _, out var other) ? other : null;
        var rows = source.Page is { } page ? Take(page, most, bound) : Read(source, bound, Math.Min(most, PageEvents), MaxPageSize).Rows;
        Advance(rows);
        Enqueue(source);
        return rows;
    }

    private static List<EventRow> Take(Queue<EventRow> page, int most, EventKey? bound)
    {
        var taken = new List<EventRow>();
        while (taken.Count < most && page.TryPeek(out var row) && (bound is not { } end || EventKey.Utf8Order.Compare(row.Key, end) < 0))
        {
            taken.Add(page.Dequeue());
        }

        return taken;
    }

    // Text that is not UTF-8, which a row inserted by hand may hold, has no place in the order: without this check it would come for ever.
    private void Advance(List<EventRow> rows)
    {
        foreach (var key in rows.Select(row => row.Key))
        {
            Last = EventKey.Utf8Order.Compare(key, Last) > 0
                ? key
                : throw new InvalidDataException("An event stands out of order: its event_id or timestamp is not valid text");
        }
    }

    private void Enqueue(Source source)
    {
        if (source is { Page: { Count: 0 } page, IsRead: false })
        {
            var read = Read(source, bound: null, PageEvents, pageSize);
            source.IsRead = !read.IsFull;
            read.Rows.ForEach(page.Enqueue);
        }

        var next = source.Page is null ? Read(source, bound: null, most: 1, maxSize: 0).Rows.FirstOrDefault() : source.Page.FirstOrDefault();
        if (next is not null)
        {
            sources.Enqueue(source, next.Key);
        }
    }

    private EventPage Read(Source source, EventKey? bound, int most, int maxSize)
    {
        var page = new EventPage(most, maxSize);
        source.Events.Fill(page, Last, bound);
        return page;
    }

    // Page: of few sources, the events that were read and not returned yet.
    private sealed record Source(EventSource Events, Queue<EventRow>? Page)
    {
        // Whether no more follow those in the page.
        public bool IsRead { get; set; }
    }
}
