using DataGlue.Edge.Ingest;

namespace DataGlue.Edge.Regions;

/// <summary>The reply of a home to POST /glue/relay: everything that it does not reject is durable there.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Format">The newest format that the home reads.</param>
/// <param name="DatabaseId">The id of its database.</param>
/// <param name="Results">One for each item, in order.</param>
public sealed record RelayReply(bool Success, int Format, string DatabaseId, IReadOnlyList<RelayResult> Results);

/// <summary>What became of a relayed item.</summary>
/// <param name="Status"><c>stored</c>, <c>duplicate</c> or <c>rejected</c>.</param>
public sealed record RelayResult(string Status)
{
    private const int MaxListed = 20;

    /// <summary>Of a rejected item: the HTTP status that a request of its own would have had, 400 or 409.</summary>
    public int? Code { get; init; }

    /// <summary>Of a rejected item: why.</summary>
    public string? Error { get; init; }

    /// <summary>Of an identify: whether the profile was not identified before.</summary>
    public bool? NewUser { get; init; }

    /// <summary>Of a sync: events that the edge had accepted and the home has not stored, and why; absent when there is none.</summary>
    public IReadOnlyList<RejectedEvent>? EventsRejected { get; init; }

    /// <summary>Why the item, or a part of it, is not stored; null when all of it is.</summary>
    public string? ReasonAgainst()
    {
        if (Status == BatchResult.Rejected)
        {
            return $"{Code}: {Error}";
        }

        return EventsRejected is { Count: > 0 } events
            ? $"Events of the sync were rejected: {string.Join("; ", events.Take(MaxListed).Select(item => $"{item.Index}: {item.Error}"))}{(events.Count > MaxListed ? $"; and {events.Count - MaxListed} more" : "")}"
            : null;
    }

    /// <summary>What the result of an item comes to for the edge.</summary>
    public static RelayResult Of(BatchResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new RelayResult(result.Status)
        {
            Code = result.Status == BatchResult.Rejected ? result.Code : null,
            Error = result.Error,
            NewUser = result.NewUser,
            EventsRejected = result.EventsRejected is { Count: > 0 } events ? events : null,
        };
    }
}
