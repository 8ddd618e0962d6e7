namespace DataGlue.Edge.Model;

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

    /// <summary>The order of texts by their UTF-8 bytes; what is absent comes last.</summary>
    public static IComparer<string?> TextOrder { get; } = Comparer<string?>.Create((one, other) =>
        one is null || other is null ? (one is null).CompareTo(other is null) : CompareUtf8(one, other));

    /// <summary>After every event of that time.</summary>
    public static EventKey EndOf(string timestamp) => new(timestamp, char.ConvertFromUtf32(0x10FFFF));

    // Only surrogates make the two orders differ.
    public static int CompareUtf8(string x, string y) => x.Any(char.IsSurrogate) || y.Any(char.IsSurrogate)
        ? Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y))
        : string.CompareOrdinal(x, y);
}
