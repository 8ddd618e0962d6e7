namespace DataGlue.Edge.Journeys;

/// <summary>
/// The events of several profiles as one ascending list, a page at a time. A few profiles each hold the rest of the page that
/// they read last; of many, only the place of the next event is held. So memory grows neither with the length of a
/// journey nor, but for these places, with the number of profiles.
/// </summary>
/// <param name="reader">The queries.</param>
/// <param name="users">The profiles.</param>
/// <param name="start">Where the list begins, itself left out.</param>
/// <param name="snapshot">What <see cref="JourneyReader.Snapshot"/> gave.</param>
internal sealed class JourneyEvents(JourneyReader reader, IReadOnlyList<string> users, EventKey start, long snapshot)
{
    private const int Few = 256;

    private const int PageEvents = 500;

    private const int MaxPageSize = 64 * 1024;

    private const int AllPagesSize = 2 * 1024 * 1024;

    private readonly PriorityQueue<Head, EventKey> heads = new(EventKey.Utf8Order);
    private bool begun;

    /// <summary>Where the last event that was given stands.</summary>
    public EventKey Last { get; private set; } = start;

    private bool AreFew => users.Count <= Few;

    private int PageSize => Math.Min(MaxPageSize, AllPagesSize / users.Count);

    /// <summary>The next events, all of one profile; empty at the end.</summary>
    /// <param name="most">How many events at the most.</param>
    public IReadOnlyList<EventRow> Next(int most)
    {
        Begin();
        if (!heads.TryDequeue(out var head, out _))
        {
            return [];
        }

        EventKey? bound = heads.TryPeek(out _, out var other) ? other : null;
        var rows = AreFew ? head.Take(most, bound) : reader.Page(head.User, Last, bound, snapshot, Math.Min(most, PageEvents), MaxPageSize);
        Advance(rows);
        Enqueue(head);
        return rows;
    }

    /// <summary>Whether there are events after the last one that was given.</summary>
    public bool HasMore()
    {
        Begin();
        return heads.Count > 0;
    }

    private void Begin()
    {
        if (begun)
        {
            return;
        }

        begun = true;
        foreach (var user in users)
        {
            Enqueue(new Head(user));
        }
    }

    // Text that is no UTF-8, which a row inserted by hand may hold, has no place in the order; without this it would come for ever.
    private void Advance(IReadOnlyList<EventRow> rows)
    {
        foreach (var key in rows.Select(row => row.Key))
        {
            if (EventKey.Utf8Order.Compare(key, Last) <= 0)
            {
                throw new InvalidDataException("An event stands out of order: its event_id or timestamp is not valid text");
            }

            Last = key;
        }
    }

    private void Enqueue(Head head)
    {
        if (AreFew)
        {
            head.Fill(after => reader.Page(head.User, after, bound: null, snapshot, PageEvents, PageSize), Last);
        }

        if ((AreFew ? head.Key : reader.FirstAfter(head.User, Last, snapshot)) is { } key)
        {
            heads.Enqueue(head, key);
        }
    }

    /// <summary>One profile, and the events of it that were read and not given yet.</summary>
    private sealed class Head(string user)
    {
        private IReadOnlyList<EventRow> page = [];
        private int given;

        public string User => user;

        public EventKey? Key => given < page.Count ? page[given].Key : null;

        public void Fill(Func<EventKey, IReadOnlyList<EventRow>> read, EventKey start)
        {
            if (given < page.Count)
            {
                return;
            }

            page = read(page.Count == 0 ? start : page[^1].Key);
            given = 0;
        }

        public List<EventRow> Take(int most, EventKey? bound)
        {
            var taken = new List<EventRow>();
            while (given < page.Count && taken.Count < most && (bound is not { } end || EventKey.Utf8Order.Compare(page[given].Key, end) < 0))
            {
                taken.Add(page[given++]);
            }

            return taken;
        }
    }
}
