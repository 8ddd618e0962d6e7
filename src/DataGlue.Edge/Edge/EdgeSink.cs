using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Edge;

/// <summary>The sink of an edge: the outbox. An identification by itself is offered to the home first, which alone knows whether the visitor is new.</summary>
internal sealed class EdgeSink(Outbox outbox, OutboxReserve reserve, HomeLink home, Database database, IdentityProof proof, Settings settings) : ISink
{
    private const string Full = "the outbox is full";
    private const string DiskFull = "the disk is full";
    private static readonly TimeSpan IdentifyPatience = TimeSpan.FromSeconds(2);

    private long incoming;

    public string? UnavailableReason => Refusal(Interlocked.Read(ref incoming) + settings.MaxBodyBytes);
    public bool Queues => true;

    public async Task<Outcome> SendAsync(Item item) => RefusalOf(item) is { } refusal ? refusal
        : item is Identify && await AskHomeAsync(item) is { } outcome ? outcome with { EventId = item.EventId }
        : (await QueueAsync([item]))[0];

    public async Task<IReadOnlyList<Outcome>> SendBatchAsync(IReadOnlyList<Item> items)
    {
        var refusals = items.Select(RefusalOf).ToArray();
        Item[] accepted = [.. items.Where((_, i) => refusals[i] is null)];
        var queued = new Queue<Outcome>(accepted.Length == 0 ? [] : await QueueAsync(accepted));
        return [.. refusals.Select(refusal => refusal ?? queued.Dequeue())];
    }

    private async Task<IReadOnlyList<Outcome>> QueueAsync(IReadOnlyList<Item> items)
    {
        Utf8Text[] texts = [.. items.Select(OutboxItem.Write)];
        OutboxWrite[] writes = [.. items.Zip(texts, (item, text) => new OutboxWrite(text, Instants.Utf8(item.Received)))];
        await EnqueueAsync(writes, texts.Sum(text => (long)text.Span.Length));
        return [.. items.Zip(writes, (item, write) => write.IsRefused ? Outcome.RefusedByOwner : Queued(item))];
    }

    // A wrong signature is one at the home too, where it would be put aside.
    private Outcome? RefusalOf(Item item) => item is Identify identify ? proof.Check(identify).Refusal : null;

    private static Outcome Queued(Item item) => item is Sync sync
        ? new Outcome(OutcomeStatus.Queued) { EventsAccepted = sync.AcceptedEvents, EventsRejected = sync.RejectedEvents.ToArray() is { Length: > 0 } rejected ? rejected : null }
        : new Outcome(OutcomeStatus.Queued) { EventId = item.EventId };

    // Null when the home has not answered, or is known not to: then nobody waits for it. A client that has gone meanwhile has sent it nevertheless.
    private async Task<Outcome?> AskHomeAsync(Item item)
    {
        if (home.Problem is not null)
        {
            return null;
        }

        try
        {
            return (await home.RelayAsync([OutboxItem.Write(item)], IdentifyPatience, CancellationToken.None))[0];
        }
        catch (Exception exception) when (exception is HomeException or StorageUnavailableException)
        {
            return null;
        }
    }

    private async Task EnqueueAsync(IReadOnlyList<OutboxWrite> writes, long size)
    {
        var coming = Interlocked.Add(ref incoming, size);
        try
        {
            if (Refusal(coming) is { } reason)
            {
                throw new StorageUnavailableException(
                    reason == Full ? "The outbox of this edge is full; it takes writes again when its home has taken those that wait"
                        : "The disk of this edge is full; it takes writes again when there is room",
                    reason);
            }

            await outbox.EnqueueAsync(writes);
        }
        finally
        {
            Interlocked.Add(ref incoming, -size);
        }
    }

    private string? Refusal(long coming) => !reserve.TryTake() ? DiskFull : database.UsedBytes + coming > settings.OutboxMaxBytes ? Full : null;
}
