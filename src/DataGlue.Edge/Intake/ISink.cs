using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Intake;

/// <summary>Where items go: a home stores them, an edge queues them for its home.</summary>
internal interface ISink
{
    /// <summary>Why it takes nothing at present, in words for the operator; null where it does.</summary>
    string? UnavailableReason { get; }

    /// <summary>Takes items, and ends when each of them is durable, or refused for a fault of its own.</summary>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="StorageUnavailableException">Nothing is kept; the same may succeed a little later.</exception>
    Task<IReadOnlyList<Outcome>> SendAsync(IReadOnlyList<Item> items);
}
