using System.Diagnostics.Metrics;

namespace DataGlue.Edge.Ingest;

/// <summary>What became of the writes that came in: events, identifications, and items of a batch that are neither.</summary>
public sealed class IngestMetrics
{
    private static readonly KeyValuePair<string, object?> StoredTag = new("result", BatchResult.Stored);
    private static readonly KeyValuePair<string, object?> DuplicateTag = new("result", BatchResult.Duplicate);
    private static readonly KeyValuePair<string, object?> QueuedTag = new("result", "queued");
    private static readonly KeyValuePair<string, object?> RejectedTag = new("result", BatchResult.Rejected);

    private readonly Counter<long> writes;

    /// <summary>Makes the instrument.</summary>
    public IngestMetrics(IMeterFactory meters) =>
        writes = meters.Create(Startup.Meter).CreateCounter<long>("dataglue.writes", "{write}", "Writes that came in, by what became of them");

    /// <summary>Counts writes that are new.</summary>
    public void Stored(int count = 1) => writes.Add(count, StoredTag);

    /// <summary>Counts writes that were stored already.</summary>
    public void Duplicate(int count = 1) => writes.Add(count, DuplicateTag);

    /// <summary>Counts writes that were not stored for a fault of their own.</summary>
    public void Rejected(int count = 1) => writes.Add(count, RejectedTag);

    /// <summary>Counts writes that an edge has put into its outbox.</summary>
    public void Queued(int count = 1) => writes.Add(count, QueuedTag);

    /// <summary>Counts what the results of a batch tell.</summary>
    public void Count(IEnumerable<BatchResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        foreach (var result in results)
        {
            Count(result);
        }
    }

    /// <summary>Counts what the reply to a sync tells of its events.</summary>
    public void Count(int stored, int duplicate, int rejected)
    {
        Stored(stored);
        Duplicate(duplicate);
        Rejected(rejected);
    }

    private void Count(BatchResult result)
    {
        switch (result.Status)
        {
            case BatchResult.Rejected:
                Rejected();
                break;
            case BatchResult.Duplicate:
                Duplicate();
                break;
            case BatchResult.Stored when result.EventsNew is { } added:
                Count(added, result.EventsDuplicate.GetValueOrDefault(), result.EventsRejected?.Count ?? 0);
                break;
            default:
                Stored();
                break;
        }
    }
}
