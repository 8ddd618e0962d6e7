using Dapper;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>A browser still has what was erased here, and syncs it again: until it identifies anew, its profile brings no e-mail, account or traits.</summary>
internal sealed class ErasedBrowsers(Database database, Tombstones tombstones)
{
    /// <summary>The sync without what its browser may tell no more; null where nothing of the browser was erased.</summary>
    public Sync? Strip(Sync sync)
    {
        if (tombstones.ErasedUntil(sync.GlueUserId) is not { } until)
        {
            return null;
        }

        return sync.Profile is not { } profile ? sync : sync with
        {
            Profile = (IsIdentifiedSince(sync.GlueUserId.ToString(), until) && !NamesErased(sync.GlueUserId.ToString(), profile) ? profile : profile with { Email = default, UserId = default, Traits = null, Others = [] }) with
            {
                FirstSeen = Later(sync, profile.FirstSeen),
                LastSeen = Later(sync, profile.LastSeen),

                // One without a time would get that of the sync.
                Touches = [.. profile.Touches.Where(touch => touch.Timestamp is not null)],
            },
        };
    }

    /// <summary>Whether a session went with an erased event, by the name of that.</summary>
    public bool IsErased(Sync sync, Session session) => tombstones.Have(Tombstones.SubjectOf(sync.GlueUserId.ToString(), session.Id.ToString()));

    // On a browser that somebody else has identified since, the profile may still be that of who was erased.
    private bool NamesErased(string user, Profile profile)
    {
        var name = PersonName.Of(profile.UserId, EmailKey.Of(profile.Email)).Decode();
        var names = new[] { name, profile.Email.IsPresent ? PersonName.OfEmail(EmailKey.Of(profile.Email).ToString()) : null };
        return names.OfType<string>().Any(erased => tombstones.ErasedUntil(erased) is { } until
            && !database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/named_since"), new { user, name = erased, time = until.Timestamp, id = until.EventId })));
    }

    private long? Later(Sync sync, long? time) => time is { } known && tombstones.CoverNameless(sync.GlueUserId, known, sync.EventId) ? null : time;

    private bool IsIdentifiedSince(string user, EventKey until) =>
        database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/identified_since"), new { user, time = until.Timestamp, id = until.EventId }));
}
