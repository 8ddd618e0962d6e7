namespace DataGlue.Edge.Storage;

/// <summary>
/// One write: a plan and the values bound to it. It is atomic, carries no decision, and is already timed and named, so
/// that it may run again, elsewhere, or twice.
/// </summary>
public interface IWrite
{
    /// <summary>The statements to run.</summary>
    WritePlan Plan { get; }

    /// <summary>The values of <see cref="WritePlan.Parameters"/>, in their order.</summary>
    WriteValue[] Values { get; }
}

/// <summary>An event: tracked live, or one of a sync.</summary>
public sealed record EventWrite : IWrite
{
    /// <summary>Whose event it is.</summary>
    public required Utf8Text GlueUserId { get; init; }

    /// <summary>The client's own id, or the one that the server made.</summary>
    public required Utf8Text EventId { get; init; }

    /// <summary>Whether the server made the id.</summary>
    public required bool ServerMade { get; init; }

    /// <summary>The session, if known.</summary>
    public Utf8Text SessionId { get; init; }

    /// <summary>The name of the event.</summary>
    public required Utf8Text Event { get; init; }

    /// <summary>When it happened.</summary>
    public required Utf8Text Timestamp { get; init; }

    /// <summary>A JSON object.</summary>
    public required Utf8Text Properties { get; init; }

    /// <summary>The e-mail that the event itself carried.</summary>
    public Utf8Text Email { get; init; }

    /// <summary>A JSON object; none when empty.</summary>
    public Utf8Text Context { get; init; }

    /// <summary>The touch keys as JSON; none where it has none.</summary>
    public Utf8Text Touch { get; init; }

    /// <summary>Whether the touch may be a last touch.</summary>
    public bool TouchCounts { get; init; }

    /// <summary>A hash of user, time, session, event and properties.</summary>
    public required ulong Fingerprint { get; init; }

    /// <summary>When the server received it.</summary>
    public required Utf8Text Received { get; init; }

    /// <inheritdoc/>
    public WritePlan Plan => ServerMade ? WriteSql.TrackLive : WriteSql.Track;

    /// <inheritdoc/>
    public WriteValue[] Values =>
    [
        GlueUserId, EventId, SessionId, Event, Timestamp, Properties, Email, Context, Touch, TouchCounts,
        Fingerprint, Received,
    ];
}

/// <summary>What a row of the identity log is.</summary>
public enum IdentityKind
{
    /// <summary>An identify call.</summary>
    Identify,

    /// <summary>The profile of a sync.</summary>
    Sync,

    /// <summary>The first touch that a synced profile reported.</summary>
    FirstTouch,

    /// <summary>The last touch that a synced profile reported.</summary>
    LastTouch,
}

/// <summary>A row of the log that a profile follows from.</summary>
public sealed record IdentityWrite : IWrite
{
    /// <summary>Whose profile it is.</summary>
    public required Utf8Text GlueUserId { get; init; }

    /// <summary>The id that makes a repetition harmless.</summary>
    public required Utf8Text EventId { get; init; }

    /// <summary>What the row is.</summary>
    public required IdentityKind Kind { get; init; }

    /// <summary>The time at which it holds.</summary>
    public required Utf8Text Timestamp { get; init; }

    /// <summary>The e-mail, as it was sent.</summary>
    public Utf8Text Email { get; init; }

    /// <summary>A JSON merge patch.</summary>
    public Utf8Text Traits { get; init; }

    /// <summary>A JSON object, none when empty.</summary>
    public Utf8Text Context { get; init; }

    /// <summary>The earliest time at which this says that the visitor was seen.</summary>
    public Utf8Text FirstSeen { get; init; }

    /// <summary>The latest such time.</summary>
    public Utf8Text LastSeen { get; init; }

    /// <summary>The touch keys as JSON; none where it has none.</summary>
    public Utf8Text Touch { get; init; }

    /// <summary>Whether the touch may be a last touch.</summary>
    public bool TouchCounts { get; init; }

    /// <summary>A hash of the content.</summary>
    public ulong Fingerprint { get; init; }

    /// <summary>When the server received it.</summary>
    public required Utf8Text Received { get; init; }

    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.Identify;

    /// <inheritdoc/>
    public WriteValue[] Values =>
    [
        GlueUserId, EventId, KindName, Timestamp, Email, Email.Decode()?.ToLowerInvariant(), Traits, Context, FirstSeen, LastSeen,
        Touch, TouchCounts, Fingerprint, Received,
    ];

    private string KindName => Kind switch
    {
        IdentityKind.Identify => "identify",
        IdentityKind.Sync => "sync",
        IdentityKind.FirstTouch => "first_touch",
        _ => "last_touch",
    };
}

/// <summary>That a profile was synced.</summary>
/// <param name="GlueUserId">Whose profile.</param>
/// <param name="SyncedAt">When the browser sent it.</param>
/// <param name="Received">When the server received it.</param>
public sealed record SyncWrite(Utf8Text GlueUserId, Utf8Text SyncedAt, Utf8Text Received) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.Synced;

    /// <inheritdoc/>
    public WriteValue[] Values => [GlueUserId, SyncedAt, Received];
}

/// <summary>A session, whole.</summary>
/// <param name="GlueUserId">Whose session.</param>
/// <param name="SessionId">Its id.</param>
/// <param name="Data">The session as JSON.</param>
/// <param name="SyncedAt">When the browser sent it.</param>
/// <param name="EventId">The id of the sync, which decides between two of the same time; empty when it has none.</param>
/// <param name="Received">When the server received it.</param>
public sealed record SessionWrite(
    Utf8Text GlueUserId, Utf8Text SessionId, Utf8Text Data, Utf8Text SyncedAt, Utf8Text EventId, Utf8Text Received) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.Session;

    /// <inheritdoc/>
    public WriteValue[] Values => [GlueUserId, SessionId, Data, SyncedAt, EventId, Received];
}

/// <summary>A write that changes nothing of anybody's, to learn whether the database takes one.</summary>
/// <param name="Received">When it was asked for.</param>
public sealed record ProbeWrite(Utf8Text Received) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.Probe;

    /// <inheritdoc/>
    public WriteValue[] Values => [Received];
}
