using System.Text.Json.Serialization;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Ingest;

/// <summary>
/// The reply to an identify: <c>success</c>, <c>user_id</c>, and <c>new_user</c>, whether the profile was not identified before; and
/// <c>queued</c> where an edge has put it into its outbox.
/// </summary>
internal static class IdentifyReply
{
    public static void Write(HttpResponse response, Utf8Text userId, bool newUser) =>
        JsonReply.Write(response, Head, userId, newUser ? ""","new_user":true}"""u8 : ""","new_user":false}"""u8);

    public static void WriteQueued(HttpResponse response, Utf8Text userId) =>
        JsonReply.Write(response, Head, userId, ""","new_user":false,"queued":true}"""u8);

    private static ReadOnlySpan<byte> Head => """{"success":true,"user_id":"""u8;
}

/// <summary>
/// The reply to a track: <c>success</c>, the <c>event_id</c> under which the event stands, <c>duplicate</c> where it was stored already, and
/// <c>queued</c> where an edge has put it into its outbox.
/// </summary>
internal static class TrackReply
{
    public static void Write(HttpResponse response, Utf8Text eventId, bool duplicate) =>
        JsonReply.Write(response, Head, eventId, duplicate ? ""","duplicate":true}"""u8 : "}"u8);

    public static void WriteQueued(HttpResponse response, Utf8Text eventId) =>
        JsonReply.Write(response, Head, eventId, ""","queued":true}"""u8);

    private static ReadOnlySpan<byte> Head => """{"success":true,"event_id":"""u8;
}

/// <summary>The reply to a sync.</summary>
/// <param name="Success">Always true.</param>
/// <param name="EventsSynced">Events that were accepted: new and duplicate ones.</param>
/// <param name="SessionsSynced">How many sessions it brought.</param>
/// <param name="EventsNew">Events that were not stored before; absent at an edge, which cannot know.</param>
/// <param name="EventsDuplicate">Events that were; absent at an edge.</param>
/// <param name="EventsRejected">Events that were not accepted, and why.</param>
public sealed record SyncReply(
    bool Success, int EventsSynced, int SessionsSynced, int? EventsNew, int? EventsDuplicate, IReadOnlyList<RejectedEvent> EventsRejected)
{
    /// <summary>True where an edge has put it into its outbox.</summary>
    public bool? Queued { get; init; }

    /// <summary>The reply of an edge.</summary>
    public static SyncReply QueuedOf(SyncRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new SyncReply(
            true, request.Events.Count(item => item.IsAccepted), request.SessionCount, EventsNew: null, EventsDuplicate: null, request.Rejected())
        { Queued = true };
    }
}

/// <summary>An event of a sync that was not stored.</summary>
/// <param name="Index">Its place in <c>data.events</c>, from 0.</param>
/// <param name="Error">Every fault of it.</param>
public sealed record RejectedEvent(int Index, string Error);

/// <summary>The reply to a batch.</summary>
/// <param name="Success">Always true, whatever became of the items.</param>
/// <param name="Results">One for each item, in order.</param>
public sealed record BatchReply(bool Success, IReadOnlyList<BatchResult> Results)
{
    /// <summary>True where an edge has put the items into its outbox.</summary>
    public bool? Queued { get; init; }
}

/// <summary>What became of one item of a batch.</summary>
/// <param name="Status"><c>stored</c>, <c>duplicate</c> or <c>rejected</c>.</param>
public sealed record BatchResult(string Status)
{
    /// <summary>The item is new, or is a sync.</summary>
    public const string Stored = "stored";

    /// <summary>The item was stored already.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>The item was not stored; <see cref="Error"/> says why.</summary>
    public const string Rejected = "rejected";

    /// <summary>The id under which an identification or event stands.</summary>
    public string? EventId { get; init; }

    /// <summary>Why the item was rejected.</summary>
    public string? Error { get; init; }

    /// <summary>The HTTP status of a rejected item, had it been a request of its own.</summary>
    [JsonIgnore]
    public int Code { get; init; }

    /// <summary>Of an identify: whether the profile was not identified before.</summary>
    public bool? NewUser { get; init; }

    /// <summary>Of a sync: new and duplicate events.</summary>
    public int? EventsSynced { get; init; }

    /// <summary>Of a sync: how many sessions it brought.</summary>
    public int? SessionsSynced { get; init; }

    /// <summary>Of a sync: events that were not stored before.</summary>
    public int? EventsNew { get; init; }

    /// <summary>Of a sync: events that were.</summary>
    public int? EventsDuplicate { get; init; }

    /// <summary>Of a sync: events that were not stored, and why.</summary>
    public IReadOnlyList<RejectedEvent>? EventsRejected { get; init; }
}
