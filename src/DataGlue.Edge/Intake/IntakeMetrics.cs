using System.Diagnostics.Metrics;

namespace DataGlue.Edge.Intake;

/// <summary>What became of the writes that came in: events, identifications, and items of a batch that are neither.</summary>
internal sealed class IntakeMetrics
{
    private static readonly string[] Names = [.. Enum.GetNames<OutcomeStatus>().Select(name => name.ToLowerInvariant())];

    private readonly Counter<long> writes;

    public IntakeMetrics(IMeterFactory meters) =>
        writes = meters.Create(Startup.Meter).CreateCounter<long>("dataglue.writes", "{write}", "Writes that came in, by what became of them");

    /// <summary>Counts a write that was not stored for a fault of its own.</summary>
    public void Rejected() => Add(1, OutcomeStatus.Rejected);

    /// <summary>Counts what became of an item; of a sync, what became of its events.</summary>
    public void Count(Outcome outcome)
    {
        if (outcome is { Status: OutcomeStatus.Stored, EventsNew: { } added })
        {
            Add(added, OutcomeStatus.Stored);
            Add(outcome.EventsAccepted - added, OutcomeStatus.Duplicate);
        }
        else
        {
            Add(1, outcome.Status);
        }

        if (outcome.EventsRejected is { } rejected)
        {
            Add(rejected.Count, OutcomeStatus.Rejected);
        }
    }

    public void Count(IEnumerable<Outcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            Count(outcome);
        }
    }

    private void Add(int count, OutcomeStatus status) => writes.Add(count, new KeyValuePair<string, object?>("result", Names[(int)status]));
}
