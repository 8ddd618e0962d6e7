using System.Diagnostics.Metrics;
using DataGlue.Edge.Model;

namespace DataGlue.Edge.Edge;

/// <summary>What an operator measures of a node's role, and of an edge's outbox.</summary>
internal sealed class OutboxMetrics
{
    public OutboxMetrics(IMeterFactory meters, Role role, Outbox outbox, OutboxReader reader, TimeProvider clock, HomeLink? home = null)
    {
        var meter = meters.Create(Startup.Meter);
        var tag = new KeyValuePair<string, object?>("role", role.Name);
        meter.CreateObservableGauge("dataglue.node", () => new Measurement<int>(1, tag), null, "Always 1; its label says what this node is");
        meter.CreateObservableGauge("dataglue.outbox.items", () => outbox.Depth, "{item}", "Items that the home does not have yet");
        meter.CreateObservableGauge("dataglue.outbox.age", () => AgeOf(reader.Oldest(), clock), "s", "How long ago the oldest of them was received");
        meter.CreateObservableCounter("dataglue.outbox.discarded", () => outbox.Discarded, "{item}", "Rejected items that had no room beside the others, and are gone");
        meter.CreateObservableGauge("dataglue.outbox.aside", reader.CountAside, "{item}", "Items that the home has rejected");
        if (home is not null)
        {
            meter.CreateObservableGauge("dataglue.home.up", () => home.Problem is null ? 1 : 0, null, "Whether the home took what it was last sent");
            meter.CreateObservableGauge(
                "dataglue.home.last_success", () => (home.LastSuccess ?? 0) / 1000.0, "s", "When the home last took something, in seconds since 1970; 0 if not since the start");
        }
    }

    private static double AgeOf(string? received, TimeProvider clock) =>
        received is not null && Instants.TryParse(received, out var instant) ? Math.Max(0, Instants.Now(clock) - instant) / 1000.0 : 0;
}
