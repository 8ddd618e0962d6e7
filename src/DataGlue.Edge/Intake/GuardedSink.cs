using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Intake;

/// <summary>The sink of every wire: while the disk is nearly full, what strangers send is refused, and what comes with a secret key goes on to <paramref name="inner"/>.</summary>
internal sealed class GuardedSink(ISink inner, DiskGuard guard) : ISink
{
    private const string NearlyFull = "The disk of this server is nearly full; send it again later";

    public string? UnavailableReason => inner.UnavailableReason ?? guard.Reason;
    public bool Queues => inner.Queues;

    public Task<Outcome> SendAsync(Item item)
    {
        RequireRoom(item);
        return inner.SendAsync(item);
    }

    public Task<IReadOnlyList<Outcome>> SendBatchAsync(IReadOnlyList<Item> items)
    {
        // Those of a batch have come together, from one caller.
        if (items.Count > 0)
        {
            RequireRoom(items[0]);
        }

        return inner.SendBatchAsync(items);
    }

    private void RequireRoom(Item item)
    {
        if (!item.Provenance.Trusted && guard.Reason is { } reason)
        {
            throw new StorageUnavailableException(NearlyFull, reason);
        }
    }
}
