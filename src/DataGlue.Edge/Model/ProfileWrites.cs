using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>The time of a sync, in <c>users.last_synced</c>.</summary>
internal sealed class LastSyncedWrite(Sync sync) : Write("last_synced")
{
    public override void Bind(Binder values)
    {
        values.Set("user", sync.GlueUserId);
        values.Set("synced_at", Instants.Utf8(sync.Timestamp));
        values.Set("received", Instants.Utf8(sync.Received));
    }
}

/// <summary>What ends a transaction: the profiles whose past has changed are derived from their logs. Nobody ever sees a stale profile.</summary>
internal sealed class StaleProfilesWrite(TimeProvider clock) : Write("stale_profiles")
{
    public override void Bind(Binder values) => values.Set("received", Instants.Utf8(Instants.Now(clock)));
}
