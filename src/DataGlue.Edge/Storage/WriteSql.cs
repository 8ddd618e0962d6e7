namespace DataGlue.Edge.Storage;

/// <summary>
/// Every writing statement, and how its returned rows are read. Profiles follow from two logs, events and identities;
/// every rule here is a least, a greatest or a replay in time order, so that neither order nor repetition matters:
/// <list type="bullet">
/// <item>the common write only adds to the end of a log, and is joined onto the profile where it stands;</item>
/// <item>a write that changes the past marks the profile stale, and <see cref="Rebuild"/>, which ends every transaction,
/// derives it from the logs again.</item>
/// </list>
/// Two reports of one event_id may differ. The one that is least by (time, fingerprint) stands whole; e-mail, context and
/// touch, which one report may have and another lack, are the least that any of them has.
/// </summary>
public static partial class WriteSql
{
    // The columns of PriorEvent and PriorIdentity, which stand first in their plans.
    private const int Stole = 0;

    private const int WasKnown = 1;

    private const int WasIdentified = 2;

    /// <summary>An event with an id of its own.</summary>
    public static WritePlan Track { get; } = new(
        "track", EventParameters, [PriorEvent, AdoptForEvent, MarkStaleByEvent, ClaimLiveEvent, InsertEvent, JoinEvent])
    {
        Shortcut = [InsertCommonEvent, JoinCommonEvent],
    };

    /// <summary>An event tracked live, without an id.</summary>
    public static WritePlan TrackLive { get; } = new(
        "track", EventParameters, [PriorEvent, AdoptForEvent, MarkStaleByLiveEvent, ClaimSyncedEvent, InsertLiveEvent, JoinLiveEvent])
    {
        Shortcut = [InsertCommonLiveEvent, JoinCommonEvent],
    };

    /// <summary>A row of the identity log.</summary>
    public static WritePlan Identify { get; } = new(
        "identify",
        ["user", "event_id", "kind", "timestamp", "email", "email_key", "traits", "context", "first_seen", "last_seen",
            "touch", "touch_counts", "fingerprint", "received"],
        [PriorIdentity, AdoptForIdentity, MarkStaleByIdentity, InsertIdentity, JoinIdentity, PatchProfile]);

    /// <summary>The time of a sync.</summary>
    public static WritePlan Synced { get; } = new("sync", ["user", "synced_at", "received"], [JoinSynced]);

    /// <summary>A session.</summary>
    public static WritePlan Session { get; } = new(
        "session", ["user", "session_id", "data", "synced_at", "event_id", "received"], [UpsertSession]);

    /// <summary>What ends a transaction: the profiles whose past has changed are derived from their logs.</summary>
    public static WritePlan Rebuild { get; } = new(
        "rebuild", ["received"], [RebuildIdentity, RebuildTraits, RebuildSeen, RebuildAttribution, EndRebuild]);

    /// <summary>Every plan.</summary>
    public static IReadOnlyList<WritePlan> Plans =>
    [
        Track, TrackLive, Identify, Synced, Session, Probe, Enqueue, Acknowledge, PutAside, Retry, Discard, RememberHome, ForgetHome, Rebuild,
    ];

    private static string[] EventParameters =>
    [
        "user", "event_id", "session_id", "event", "timestamp", "properties", "email", "context", "touch", "touch_counts",
        "fingerprint", "received",
    ];

    /// <summary>Reads what became of an event.</summary>
    public static EventOutcome Outcome(EventWrite write, WriteResult result)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(result);
        if (ReferenceEquals(result, WriteResult.Direct))
        {
            return new EventOutcome(WriteStatus.Stored, write.EventId);
        }

        if (result.Flag(Stole))
        {
            return new EventOutcome(WriteStatus.Stolen, write.EventId);
        }

        if (write.ServerMade && result.Text(TrackLive, ClaimSyncedEvent) is { IsPresent: true } synced)
        {
            return new EventOutcome(WriteStatus.Duplicate, synced);
        }

        var duplicate = result.Flag(WasKnown) || (!write.ServerMade && result.Text(Track, ClaimLiveEvent).IsPresent);
        return new EventOutcome(duplicate ? WriteStatus.Duplicate : WriteStatus.Stored, write.EventId);
    }

    /// <summary>Reads what became of an identification.</summary>
    public static IdentityOutcome IdentityOutcome(WriteResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var status = result.Flag(Stole) ? WriteStatus.Stolen : result.Flag(WasKnown) ? WriteStatus.Duplicate : WriteStatus.Stored;
        return new IdentityOutcome(status, NewUser: !result.Flag(WasIdentified));
    }
}
