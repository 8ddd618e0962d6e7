using System.Diagnostics.Metrics;

namespace DataGlue.Edge.Intake;

/// <summary>What became of the writes that came in: events, identifications, and items of a batch that are neither.</summary>
internal sealed class IntakeMetrics
{
    private static readonly KeyValuePair<string, object?> StoredTag = new("result", "stored");
    private static readonly KeyValuePair<string, object?> DuplicateTag = new("result", "duplicate");
    private static readonly KeyValuePair<string, object?> QueuedTag = new("result", "queued");
    private static readonly KeyValuePair<string, object?> RejectedTag = new("result", "rejected");

    private readonly Counter<long> writes;

    public IntakeMetrics(IMeterFactory meters) =>
        writes = meters.Create(Startup.Meter).CreateCounter<long>("dataglue.writes", "{write}", "Writes that came in, by what became of them");

    /// <summary>Counts a write that was not stored for a fault of its own.</summary>
    public void Rejected() => writes.Add(1, RejectedTag);

    /// <summary>Counts what became of an item; of a sync, what became of its events.</summary>
    public void Count(Outcome outcome)
    {
        if (outcome is { Status: OutcomeStatus.Stored, EventsNew: { } added })
        {
            writes.Add(added, StoredTag);
            writes.Add(outcome.EventsAccepted - added, DuplicateTag);
        }
        else
        {
            writes.Add(1, outcome.Status switch
            {
                OutcomeStatus.Stored => StoredTag,
                OutcomeStatus.Duplicate => DuplicateTag,
                OutcomeStatus.Queued => QueuedTag,
                _ => RejectedTag,
            });
        }

        if (outcome.EventsRejected is { } rejected)
        {
            writes.Add(rejected.Count, RejectedTag);
        }
    }

    /// <summary>Counts what became of items.</summary>
    public void Count(IEnumerable<Outcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            Count(outcome);
        }
    }
}
