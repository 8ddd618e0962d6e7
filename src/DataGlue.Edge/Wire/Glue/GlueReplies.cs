using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>The replies to the four posts, from what became of the items.</summary>
internal static class GlueReplies
{
    private static ReadOnlySpan<byte> IdentifyHead => """{"success":true,"user_id":"""u8;

    private static ReadOnlySpan<byte> TrackHead => """{"success":true,"event_id":"""u8;

    /// <summary><c>user_id</c> and <c>new_user</c>, whether the profile was not identified before; an edge that does not know says <c>queued</c>.</summary>
    public static void Identify(HttpResponse response, Identify item, Outcome outcome) => JsonReply.Write(
        response,
        IdentifyHead,
        item.GlueUserId,
        Tail(
            item,
            outcome.Status == OutcomeStatus.Queued ? ""","new_user":false,"queued":true}"""u8
                : outcome.NewUser == true ? ""","new_user":true}"""u8
                : ""","new_user":false}"""u8));

    /// <summary>The <c>event_id</c> under which the event stands, and <c>duplicate</c> or <c>queued</c>.</summary>
    public static void Track(HttpResponse response, Track item, Outcome outcome) => JsonReply.Write(
        response,
        TrackHead,
        outcome.EventId,
        Tail(item, outcome.Status switch { OutcomeStatus.Duplicate => ""","duplicate":true}"""u8, OutcomeStatus.Queued => ""","queued":true}"""u8, _ => "}"u8 }));

    public static void Sync(HttpResponse response, Sync item, Outcome outcome)
    {
        var reply = new SyncReply(
            true, outcome.EventsAccepted, item.Sessions.Count, outcome.EventsNew, outcome.EventsAccepted - outcome.EventsNew, outcome.EventsRejected ?? [])
        {
            Queued = outcome.Status == OutcomeStatus.Queued ? true : null,
            Warnings = WarningsOf(item),
        };
        JsonReply.Write(response, StatusCodes.Status200OK, reply, ServerJson.Wire.SyncReply);
    }

    public static void Batch(HttpResponse response, IReadOnlyList<ReadItem> items, IReadOnlyList<Outcome> outcomes, bool queues)
    {
        BatchResult[] results = [.. items.Zip(outcomes, (item, outcome) => Result(item.Item, outcome))];
        var reply = new BatchReply(true, results) { Queued = queues ? true : null };
        JsonReply.Write(response, StatusCodes.Status200OK, reply, ServerJson.Wire.BatchReply);
    }

    private static BatchResult Result(Item? item, Outcome outcome)
    {
        var status = outcome.Status switch { OutcomeStatus.Rejected => "rejected", OutcomeStatus.Duplicate => "duplicate", _ => "stored" };
        if (outcome.Status == OutcomeStatus.Rejected)
        {
            return new BatchResult(status) { Error = outcome.Error };
        }

        return item is not Sync sync
            ? new BatchResult(status) { EventId = outcome.EventId.Decode(), NewUser = outcome.NewUser, Warnings = WarningsOf(item) }
            : new BatchResult(status)
            {
                EventsSynced = outcome.EventsAccepted,
                SessionsSynced = sync.Sessions.Count,
                EventsNew = outcome.EventsNew,
                EventsDuplicate = outcome.EventsAccepted - outcome.EventsNew,
                EventsRejected = outcome.EventsRejected ?? [],
                Warnings = WarningsOf(item),
            };
    }

    private static IReadOnlyList<string>? WarningsOf(Item? item) => item is { Warnings.Count: > 0 } ? item.Warnings : null;

    // The end of a reply, with the warnings, of which nearly no item has any.
    private static ReadOnlySpan<byte> Tail(Item item, ReadOnlySpan<byte> tail) => WarningsOf(item) is { } warnings
        ? (byte[])[.. tail[..^1], .. ""","warnings":"""u8, .. JsonSerializer.SerializeToUtf8Bytes(warnings, ServerJson.Wire.IReadOnlyListString), .. "}"u8]
        : tail;
}

internal sealed record SyncReply(
    bool Success, int EventsSynced, int SessionsSynced, int? EventsNew, int? EventsDuplicate, IReadOnlyList<RejectedEvent> EventsRejected)
{
    public bool? Queued { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; } // what was left out
}

internal sealed record BatchReply(bool Success, IReadOnlyList<BatchResult> Results)
{
    public bool? Queued { get; init; }
}

/// <summary>What became of one item of a batch; a sync's carries the fields of the sync reply.</summary>
internal sealed record BatchResult(string Status)
{
    public string? EventId { get; init; }
    public string? Error { get; init; }
    public bool? NewUser { get; init; }
    public int? EventsSynced { get; init; }
    public int? SessionsSynced { get; init; }
    public int? EventsNew { get; init; }
    public int? EventsDuplicate { get; init; }
    public IReadOnlyList<RejectedEvent>? EventsRejected { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; }
}
