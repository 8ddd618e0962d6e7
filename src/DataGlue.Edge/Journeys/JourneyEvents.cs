using System.Text;

namespace DataGlue.Edge.Journeys;

/// <summary>
/// The events of several profiles as one ascending list, a page at a time. Of each profile only the place of its next event
/// is held, so that memory does not grow with the length of a journey.
/// </summary>
/// <param name="reader">The queries.</param>
/// <param name="users">The profiles.</param>
/// <param name="start">Where the list begins, itself left out.</param>
/// <param name="snapshot">What <see cref="JourneyReader.Snapshot"/> gave.</param>
internal sealed class JourneyEvents(JourneyReader reader, IReadOnlyList<string> users, EventKey start, long snapshot)
{
    private const int PageEvents = 500;

    private const int PageSize = 128 * 1024;

    private readonly PriorityQueue<string, EventKey> heads = new(Utf8Order.Instance);
    private EventKey last = start;
    private bool begun;

    /// <summary>Where the last event that was given stands.</summary>
    public EventKey Last => last;

    /// <summary>The next page, of one profile; empty at the end.</summary>
    /// <param name="most">How many events at the most.</param>
    public IReadOnlyList<EventRow> Next(int most)
    {
        Begin();
        if (!heads.TryDequeue(out var user, out _))
        {
            return [];
        }

        EventKey? bound = heads.TryPeek(out _, out var other) ? other : null;
        var page = reader.Page(user, last, bound, snapshot, Math.Min(most, PageEvents), PageSize);
        if (page.Count > 0)
        {
            last = page[^1].Key;
        }

        Enqueue(user);
        return page;
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
            Enqueue(user);
        }
    }

    private void Enqueue(string user)
    {
        if (reader.FirstAfter(user, last, snapshot) is { } key)
        {
            heads.Enqueue(user, key);
        }
    }

    // SQLite compares text by its UTF-8 bytes, which is not the order of UTF-16.
    private sealed class Utf8Order : IComparer<EventKey>
    {
        public static Utf8Order Instance { get; } = new();

        public int Compare(EventKey x, EventKey y)
        {
            var byTime = Compare(x.Timestamp, y.Timestamp);
            return byTime != 0 ? byTime : Compare(x.EventId, y.EventId);
        }

        private static int Compare(string x, string y) =>
            Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));
    }
}
