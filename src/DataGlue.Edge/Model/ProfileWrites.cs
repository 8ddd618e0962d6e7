using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>The time of a sync, in <c>users.last_synced</c>.</summary>
/// <param name="erased">What must not come back; null where nothing was erased.</param>
internal sealed class LastSyncedWrite(Sync sync, Tombstones? erased = null) : Write("last_synced")
{
    private static readonly Utf8Text NoId = new([]);

    public override bool Applies => erased?.CoverNameless(sync.GlueUserId, sync.Timestamp, NoId) != true;

    public override void Bind(Binder values)
    {
        values.Set("user", sync.GlueUserId);
        values.SetInstant("synced_at", sync.Timestamp);
        values.SetInstant("received", sync.Received);
    }
}
