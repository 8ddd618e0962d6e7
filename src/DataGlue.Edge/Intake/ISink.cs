using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Intake;

/// <summary>Where items go: a home stores them, an edge queues them for its home.</summary>
internal interface ISink
{
    /// <summary>Why it takes nothing at present, in words for the operator; null where it does.</summary>
    string? UnavailableReason { get; }

    /// <summary>Whether items wait here for another server, which alone knows all of their outcomes.</summary>
    bool Queues { get; }

    /// <summary>Takes one item, and ends as <see cref="SendBatchAsync"/> does.</summary>
    Task<Outcome> SendAsync(Item item);

    /// <summary>Takes items, and ends when each of them is durable, or refused for a fault of its own.</summary>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="StorageUnavailableException">Some may be kept; the same items may be sent again a little later.</exception>
    Task<IReadOnlyList<Outcome>> SendBatchAsync(IReadOnlyList<Item> items);
}
