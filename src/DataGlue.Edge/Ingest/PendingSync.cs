using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>A sync on its way through the write queue: its profile and sessions, and each event for itself.</summary>
internal sealed class PendingSync
{
    private const string HeadRefused =
        "The database refused the profile or a session of this sync; a rule of its owner does not allow it. Events that it does not refuse are stored";

    private readonly SyncRequest request;
    private readonly IReadOnlyList<IWrite> profile;
    private readonly IReadOnlyList<EventWrite> events;

    /// <summary>Takes a request that is resolved.</summary>
    public PendingSync(SyncRequest request)
    {
        this.request = request;
        (profile, events) = request.ToWrites();
        Writes = [.. profile, .. events];
    }

    public IReadOnlyList<IWrite> Writes { get; }

    /// <summary>The reply, or why the profile or a session was not stored.</summary>
    public (SyncReply? Reply, Rejection? Rejection) Read(ReadOnlySpan<WriteResult> results)
    {
        foreach (var result in results[..profile.Count])
        {
            if (Rejection.Of(result, WriteStatus.Stored) is { } rejection)
            {
                return (null, rejection with { Error = HeadRefused });
            }
        }

        return (ReadEvents(results[profile.Count..]), null);
    }

    private SyncReply ReadEvents(ReadOnlySpan<WriteResult> results)
    {
        var rejected = request.Rejected();
        var added = 0;
        var duplicates = 0;
        var accepted = 0;
        for (var index = 0; index < request.Events.Count; index++)
        {
            if (!request.Events[index].IsAccepted)
            {
                continue;
            }

            var (outcome, rejection) = Rejection.Read(events[accepted], results[accepted]);
            accepted++;
            if (rejection is not null)
            {
                rejected.Add(new RejectedEvent(index, rejection.Error));
            }
            else if (outcome.Status == WriteStatus.Duplicate)
            {
                duplicates++;
            }
            else
            {
                added++;
            }
        }

        rejected.Sort((one, other) => one.Index.CompareTo(other.Index));
        return new SyncReply(true, added + duplicates, request.SessionCount, added, duplicates, rejected);
    }
}
