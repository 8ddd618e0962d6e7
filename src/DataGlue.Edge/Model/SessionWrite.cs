using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>A row of <c>sessions</c>, whole.</summary>
internal sealed class SessionWrite(Sync sync, Session session) : Write("session")
{
    private static readonly Utf8Text NoId = new([]);

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
