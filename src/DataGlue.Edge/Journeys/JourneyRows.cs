namespace DataGlue.Edge.Journeys;

/// <summary>A profile as it is stored, with its counters. Traits and touches are JSON objects; a profile without a touch has none.</summary>
internal sealed class ProfileRow
{
    public string GlueUserId { get; set; } = "";
    public string? Email { get; set; }
    public string? Traits { get; set; }
    public string? FirstTouch { get; set; }
    public string? LastTouch { get; set; }

    /// <summary>The least time at which the visitor is known to have been there; <see cref="LastSeen"/> is the greatest.</summary>
    public string? FirstSeen { get; set; }
    public string? LastSeen { get; set; }

    /// <summary>1 when the profile has an e-mail.</summary>
    public long Identified { get; set; }

    /// <summary>When it got its present e-mail.</summary>
    public string? IdentifiedAt { get; set; }
    public long TotalEvents { get; set; }

    /// <summary>How many distinct sessions are known, from events and from syncs.</summary>
    public long TotalSessions { get; set; }

    /// <summary>The greatest time of a sync.</summary>
    public string? LastSynced { get; set; }
    public string? CreatedAt { get; set; }
    public string? UpdatedAt { get; set; }
}

/// <summary>An event as it is stored.</summary>
internal sealed class EventRow
{
    public string EventId { get; set; } = "";
    public string GlueUserId { get; set; } = "";
    public string? SessionId { get; set; }

    /// <summary>The e-mail that the event itself carried.</summary>
    public string? Email { get; set; }

    /// <summary>The column <c>event</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>A JSON object, as is <see cref="Context"/>.</summary>
    public string? Properties { get; set; }
    public string? Context { get; set; }
    public string Timestamp { get; set; } = "";
    public string? CreatedAt { get; set; }

    public EventKey Key => new(Timestamp, EventId);

    /// <summary>About how much text it holds, in characters.</summary>
    public int Size => 200 + (Properties?.Length ?? 0) + (Context?.Length ?? 0);
}

/// <summary>How many events a profile has, and its least and greatest timestamp; null without events.</summary>
internal sealed class SpanRow
{
    public long Count { get; set; }
    public string? First { get; set; }
    public string? Last { get; set; }
}

/// <summary>The place of an event in a journey: by time, and at the same time by id.</summary>
internal readonly record struct EventKey(string Timestamp, string EventId)
{
    /// <summary>Before every event.</summary>
    public static EventKey Start => new("", "");

    /// <summary>After every event: <c>~</c> is above every timestamp.</summary>
    public static EventKey End => new("~", "~");

    /// <summary>The order of SQLite, which compares text by its UTF-8 bytes; UTF-16 has another.</summary>
    public static IComparer<EventKey> Utf8Order { get; } = Comparer<EventKey>.Create((x, y) =>
        CompareUtf8(x.Timestamp, y.Timestamp) is not 0 and var byTime ? byTime : CompareUtf8(x.EventId, y.EventId));

    /// <summary>After every event of that time.</summary>
    public static EventKey EndOf(string timestamp) => new(timestamp, char.ConvertFromUtf32(0x10FFFF));

    // Only surrogates make the two orders differ.
    private static int CompareUtf8(string x, string y) => x.Any(char.IsSurrogate) || y.Any(char.IsSurrogate)
        ? Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y))
        : string.CompareOrdinal(x, y);
}
