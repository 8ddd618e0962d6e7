using System.Text;

namespace DataGlue.Edge.Journeys;

/// <summary>A profile as it is stored, with its counters.</summary>
internal sealed class ProfileRow
{
    /// <summary>The browser's id.</summary>
    public string GlueUserId { get; set; } = "";

    /// <summary>The present e-mail.</summary>
    public string? Email { get; set; }

    /// <summary>A JSON object.</summary>
    public string? Traits { get; set; }

    /// <summary>A JSON object, null for a profile without any touch.</summary>
    public string? FirstTouch { get; set; }

    /// <summary>A JSON object, null for a profile without any touch.</summary>
    public string? LastTouch { get; set; }

    /// <summary>The least time at which the visitor is known to have been there.</summary>
    public string? FirstSeen { get; set; }

    /// <summary>The greatest such time.</summary>
    public string? LastSeen { get; set; }

    /// <summary>1 when the profile has an e-mail.</summary>
    public long Identified { get; set; }

    /// <summary>When it got its present e-mail.</summary>
    public string? IdentifiedAt { get; set; }

    /// <summary>How many events are stored.</summary>
    public long TotalEvents { get; set; }

    /// <summary>How many distinct sessions are known, from events and from syncs.</summary>
    public long TotalSessions { get; set; }

    /// <summary>The greatest time of a sync.</summary>
    public string? LastSynced { get; set; }

    /// <summary>When the row was made.</summary>
    public string? CreatedAt { get; set; }

    /// <summary>When the row was last changed.</summary>
    public string? UpdatedAt { get; set; }
}

/// <summary>An event as it is stored.</summary>
internal sealed class EventRow
{
    /// <summary>The id of the event.</summary>
    public string EventId { get; set; } = "";

    /// <summary>Whose event it is.</summary>
    public string GlueUserId { get; set; } = "";

    /// <summary>Its session, if known.</summary>
    public string? SessionId { get; set; }

    /// <summary>The e-mail that the event itself carried.</summary>
    public string? Email { get; set; }

    /// <summary>The name of the event; the column is <c>event</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>A JSON object.</summary>
    public string? Properties { get; set; }

    /// <summary>A JSON object.</summary>
    public string? Context { get; set; }

    /// <summary>When it happened.</summary>
    public string Timestamp { get; set; } = "";

    /// <summary>When it was stored.</summary>
    public string? CreatedAt { get; set; }

    /// <summary>Where it stands in a journey.</summary>
    public EventKey Key => new(Timestamp, EventId);

    /// <summary>About how much text it holds, in characters.</summary>
    public int Size => 200 + (Properties?.Length ?? 0) + (Context?.Length ?? 0);
}

/// <summary>How many events a profile has, and from when to when.</summary>
internal sealed class SpanRow
{
    /// <summary>How many events.</summary>
    public long Count { get; set; }

    /// <summary>The least timestamp, null without events.</summary>
    public string? First { get; set; }

    /// <summary>The greatest timestamp, null without events.</summary>
    public string? Last { get; set; }
}

/// <summary>Where an event stands in a journey: by time, and at the same time by id.</summary>
/// <param name="Timestamp">Its time.</param>
/// <param name="EventId">Its id.</param>
internal readonly record struct EventKey(string Timestamp, string EventId)
{
    /// <summary>Before every event.</summary>
    public static EventKey Start => new("", "");

    /// <summary>The order of SQLite, which compares text by its UTF-8 bytes; UTF-16 has another.</summary>
    public static IComparer<EventKey> Utf8Order { get; } = Comparer<EventKey>.Create((x, y) =>
    {
        var byTime = CompareUtf8(x.Timestamp, y.Timestamp);
        return byTime != 0 ? byTime : CompareUtf8(x.EventId, y.EventId);
    });

    /// <summary>After every event of that time.</summary>
    public static EventKey EndOf(string timestamp) => new(timestamp, char.ConvertFromUtf32(0x10FFFF));

    // Only surrogates make the two orders differ.
    private static int CompareUtf8(string x, string y) => x.Any(char.IsSurrogate) || y.Any(char.IsSurrogate)
        ? Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y))
        : string.CompareOrdinal(x, y);
}
