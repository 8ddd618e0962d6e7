using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>The time of a sync, in <c>users.last_synced</c>.</summary>
internal sealed class LastSyncedWrite(Sync sync) : Write("last_synced")
{
    public override void Bind(Binder values)
    {
        values.Set("user", sync.GlueUserId);
        values.SetInstant("synced_at", sync.Timestamp);
        values.SetInstant("received", sync.Received);
    }
}
