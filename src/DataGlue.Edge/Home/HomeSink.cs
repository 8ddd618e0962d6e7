using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Home;

/// <summary>The sink of a home: each item becomes writes of the model.</summary>
internal sealed class HomeSink(WriteQueue queue, IdentityProof proof, TakenBack takenBack, Tombstones tombstones, ErasedBrowsers erased, Settings settings) : ISink
{
    private const string HeadRefused =
        "The database refused the profile or a session of this sync; a rule of its owner does not allow it. Events that it does not refuse are stored";

    public string? UnavailableReason => null;
    public bool Queues => false;

    public async Task<Outcome> SendAsync(Item item) => (await SendBatchAsync([item]))[0];

    public async Task<IReadOnlyList<Outcome>> SendBatchAsync(IReadOnlyList<Item> items)
    {
        var writes = new List<Write>(items.Count);
        var outcomes = new Pending[items.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            // What the profile of such a browser may tell depends on what it has identified before, in the same batch too.
            if (items[i] is Sync sync && writes.Count > 0 && (takenBack.HasSome(sync.GlueUserId) || tombstones.ErasedUntil(sync.GlueUserId) is not null))
            {
                await SubmitAsync(writes);
                writes = [];
            }

            outcomes[i] = Add(items[i], writes);
        }

        await SubmitAsync(writes);
        return Array.ConvertAll(outcomes, outcome => outcome.Outcome);
    }

    private async Task SubmitAsync(List<Write> writes)
    {
        await queue.SubmitAsync(writes);
        while (NextRun(writes) is { } again)
        {
            await queue.SubmitAsync(again);
            writes = again;
        }
    }

    // Those that must run again; null where none must, as almost always.
    private static List<Write>? NextRun(List<Write> writes)
    {
        List<Write>? again = null;
        foreach (var write in writes)
        {
            if (write is LogWrite log && log.TryPrepareRerun())
            {
                (again ??= []).Add(log);
            }
        }

        return again;
    }

    // Returns what tells the outcome once the writes are committed.
    private Pending Add(Item item, List<Write> writes)
    {
        switch (item)
        {
            case Track track:
                var row = EventOf(track);
                writes.Add(row);
                return new Pending(row);
            case Identify identify:
                var (proven, refusal) = proof.Check(identify);
                if (refusal is not null)
                {
                    return new Pending(null, () => refusal);
                }

                var identity = IdentityWrite.Of(proven, proof.IsClaim(proven), settings.IgnoredReferrers, tombstones);
                writes.Add(identity);
                return new Pending(identity);
            case Sync sync:
                return Add(sync, writes);
            default:
                throw new ArgumentException($"No model of {item.GetType().Name}", nameof(item));
        }
    }

    private Pending Add(Sync sync, List<Write> writes)
    {
        var stripped = erased.Strip(sync);
        var kept = stripped ?? sync;
        var profile = kept.Profile is { } known ? IdentityWrite.Of(kept, known, IsClaim(kept, known), settings.IgnoredReferrers, tombstones) : [];
        List<Write> sessions = [.. kept.Sessions.Select(session => new SessionWrite(kept, session, needsEvent: stripped is not null || erased.IsErased(kept, session), tombstones))];
        List<Write> head = [new LastSyncedWrite(kept, tombstones), .. profile];
        var events = kept.Events.Select(synced => synced.Track is null ? null : EventOf(synced.Track)).ToList();
        writes.AddRange(head);
        writes.AddRange(events.OfType<EventWrite>());
        writes.AddRange(sessions);
        return new Pending(null, () => OutcomeOf(sync, [.. head, .. sessions], events));
    }

    private bool IsClaim(Sync sync, Profile profile) => proof.IsClaim(sync) || takenBack.IsClaim(sync.GlueUserId, profile.UserId, profile.Email);

    private EventWrite EventOf(Track track) => new(track, proof.IsClaim(track), settings.IgnoredReferrers, tombstones);

    private static Outcome OutcomeOf(Sync sync, List<Write> head, List<EventWrite?> events)
    {
        if (head.Exists(write => write.IsRefused))
        {
            return Outcome.Rejected(StatusCodes.Status400BadRequest, HeadRefused);
        }

        var rejected = sync.RejectedEvents.ToList();
        var (accepted, added) = (0, 0);
        foreach (var (index, outcome) in events.Select((write, index) => (index, write?.Outcome)))
        {
            if (outcome is { Error: { } error })
            {
                rejected.Add(new RejectedEvent(index, error));
            }
            else if (outcome is not null)
            {
                accepted++;
                added += outcome.Status == OutcomeStatus.Stored ? 1 : 0;
            }
        }

        rejected.Sort((one, other) => one.Index.CompareTo(other.Index));
        return new Outcome(OutcomeStatus.Stored) { EventsAccepted = accepted, EventsNew = added, EventsRejected = rejected.Count > 0 ? rejected : null };
    }

    // An item that is one write is told by that: a batch has a thousand of them, and each object lives as long as the commit takes.
    private readonly record struct Pending(LogWrite? Write, Func<Outcome>? Whole = null)
    {
        public Outcome Outcome => Write?.Outcome ?? Whole!();
    }
}
