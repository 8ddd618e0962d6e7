namespace DataGlue.Edge.Journeys;

/// <summary>Merges the events of several profiles in ascending order. Few profiles hold a page each, many only a place, so that memory stays bounded.</summary>
internal sealed class JourneyEvents
{
    private const int FewProfiles = 256;
    private const int PageEvents = 500;

    // In characters, as EventRow.Size.
    private const int MaxPageSize = 64 * 1024;
    private const int AllPagesSize = 2 * 1024 * 1024;

    private readonly JourneyReader reader;
    private readonly long snapshot;
    private readonly int pageSize;
    private readonly PriorityQueue<Profile, EventKey> profiles = new(EventKey.Utf8Order);

    /// <summary>Begins after <paramref name="start"/>.</summary>
    public JourneyEvents(JourneyReader reader, IReadOnlyList<string> users, EventKey start, long snapshot)
    {
        (this.reader, this.snapshot, Last) = (reader, snapshot, start);
        var areFew = users.Count <= FewProfiles;
        pageSize = Math.Min(MaxPageSize, AllPagesSize / users.Count);
        foreach (var user in users)
        {
            Enqueue(new Profile(user, areFew ? new Queue<EventRow>() : null));
        }
    }

    /// <summary>The place of the last event that <see cref="Next"/> returned.</summary>
    public EventKey Last { get; private set; }

    public bool HasMore => profiles.Count > 0;

    /// <summary>The next events, at most <paramref name="most"/> and all of one profile. Only where <see cref="HasMore"/> is true.</summary>
    public List<EventRow> Next(int most)
    {
        var profile = profiles.Dequeue();
        EventKey? bound = profiles.TryPeek(out _, out var other) ? other : null;
        var rows = profile.Page is { } page ? Take(page, most, bound)
            : reader.Page(profile.User, Last, bound, snapshot, Math.Min(most, PageEvents), MaxPageSize);
        Advance(rows);
        Enqueue(profile);
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

    private void Enqueue(Profile profile)
    {
        if (profile.Page is { Count: 0 } page)
        {
            reader.Page(profile.User, Last, bound: null, snapshot, PageEvents, pageSize).ForEach(page.Enqueue);
        }

        var next = profile.Page is null ? reader.FirstAfter(profile.User, Last, snapshot) : profile.Page.FirstOrDefault()?.Key;
        if (next is { } key)
        {
            profiles.Enqueue(profile, key);
        }
    }

    // Page: of few profiles, the events that were read and not returned yet.
    private sealed record Profile(string User, Queue<EventRow>? Page);
}
