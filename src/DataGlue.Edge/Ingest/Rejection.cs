using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>Why a write was not stored.</summary>
/// <param name="Status">The HTTP status that says it.</param>
/// <param name="Error">The sentence that says it.</param>
internal sealed record Rejection(int Status, string Error)
{
    private const string StolenId = "event_id belongs to another glue_user_id; give the event an id of its own";

    /// <summary>What became of an event, or why it was not stored.</summary>
    public static (EventOutcome Outcome, Rejection? Rejection) Read(EventWrite write, WriteResult result)
    {
        var outcome = result.Refusal is null ? WriteSql.Outcome(write, result) : default;
        return (outcome, Of(result, outcome.Status));
    }

    /// <summary>What became of an identification, or why it was not stored.</summary>
    public static (IdentityOutcome Outcome, Rejection? Rejection) Read(WriteResult result)
    {
        var outcome = result.Refusal is null ? WriteSql.IdentityOutcome(result) : default;
        return (outcome, Of(result, outcome.Status));
    }

    /// <summary>Why this write was not stored, null when it was.</summary>
    public static Rejection? Of(WriteResult result, WriteStatus status)
    {
        if (result.Refusal is { } refusal)
        {
            return new Rejection(StatusCodes.Status400BadRequest, refusal);
        }

        return status == WriteStatus.Stolen ? new Rejection(StatusCodes.Status409Conflict, StolenId) : null;
    }
}
