using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>A row of <c>sessions</c>, whole.</summary>
/// <param name="needsEvent">Whether it is kept only with an event of its own: nothing else tells when a session was that may have been erased.</param>
/// <param name="erased">What must not come back; null where nothing was erased.</param>
internal sealed class SessionWrite(Sync sync, Session session, bool needsEvent = false, Tombstones? erased = null)
    : Write(needsEvent ? "session_of_event" : "session")
{
    private static readonly Utf8Text NoId = new([]);

    public override bool Applies => needsEvent || erased?.ErasedUntil(sync.GlueUserId) is null;

    public override long Size => session.Data.Span.Length;

    public override void Bind(Binder values)
    {
        values.Set("user", sync.GlueUserId);
        values.Set("session_id", session.Id);
        values.Set("data", session.Data);
        values.SetInstant("synced_at", sync.Timestamp);

        // Decides between two of the same time.
        values.Set("event_id", sync.EventId.Or(NoId));
        values.SetInstant("received", sync.Received);
    }
}
