using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Intake;

/// <summary>Something that a visitor did or said: read, checked, timed and named. Every wire makes items, and every sink takes them.</summary>
internal abstract record Item
{
    public required Utf8Text GlueUserId { get; init; } // the browser
    public required long Received { get; init; } // when the first server received it, in milliseconds since 1970
    public required long Timestamp { get; init; } // when it happened, or of a sync when it was sent, in milliseconds since 1970
    public Utf8Text EventId { get; init; } // the id that makes a repetition harmless; of a sync none where the client gave none
    public Provenance Provenance { get; init; } = Provenance.Page; // who said it

    /// <summary>What of it could not be kept, each in a sentence for the reply.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Fields that this version does not know. An edge hands them on to a home that may.</summary>
    public IReadOnlyList<JsonMember> Others { get; init; } = [];
}

/// <summary>An event: tracked live, or one of a sync.</summary>
internal sealed record Track : Item
{
    public required bool ServerMade { get; init; } // whether a server made the id
    public required Utf8Text Event { get; init; }
    public Utf8Text SessionId { get; init; }
    public Utf8Text Email { get; init; } // the e-mail that the event itself carries
    public Utf8Text UserId { get; init; } // the account that the event itself carries
    public required JsonText Properties { get; init; }
    public JsonText? Context { get; init; } // null when it is empty
}

/// <summary>A browser says who its visitor is.</summary>
internal sealed record Identify : Item
{
    public Utf8Text Email { get; init; } // it names an e-mail, an account, or both
    public Utf8Text UserId { get; init; } // the site's own id of the account
    public Utf8Text Signature { get; init; } // what the site's back end has signed these two with
    public JsonText? Traits { get; init; } // what becomes of each key: its value, null to remove it
    public JsonText? Context { get; init; }
}

/// <summary>A browser hands over all that it has kept about its visitor.</summary>
internal sealed record Sync : Item
{
    public Profile? Profile { get; init; }
    public required IReadOnlyList<Session> Sessions { get; init; }
    public required IReadOnlyList<SyncedEvent> Events { get; init; } // its events in their order, those with faults among them

    /// <summary>Fields beside these in <c>data</c> that this version does not know.</summary>
    public IReadOnlyList<JsonMember> DataOthers { get; init; } = [];

    /// <summary>How many of its events have no faults.</summary>
    public int AcceptedEvents => Events.Count(item => item.Track is not null);

    /// <summary>Its events that have faults, in their order.</summary>
    public IEnumerable<RejectedEvent> RejectedEvents =>
        Events.Index().Where(item => item.Item.Error is not null).Select(item => new RejectedEvent(item.Index, item.Item.Error!));
}

/// <summary>One event of a sync.</summary>
/// <param name="Track">The event; null when it has faults.</param>
/// <param name="Error">Its faults; null, too, when another server has rejected it already, and has said so.</param>
internal readonly record struct SyncedEvent(Track? Track, string? Error);

/// <summary>One session of a sync, kept whole, as JSON; its id is its <c>session_id</c>, or else its <c>id</c>.</summary>
internal sealed record Session(Utf8Text Id, Utf8Text Data);

/// <summary>The profile in a sync: what the browser itself knows about its visitor. Times are milliseconds since 1970.</summary>
internal sealed record Profile
{
    public Utf8Text Email { get; init; }
    public Utf8Text UserId { get; init; }
    public JsonText? Traits { get; init; }
    public required IReadOnlyList<JsonMember> Others { get; init; } // its other fields, which are traits too
    public long? FirstSeen { get; init; }
    public long? LastSeen { get; init; }
    public required IReadOnlyList<ProfileTouch> Touches { get; init; }

    /// <summary>Fields beside these in <c>attribution</c> that this version does not know.</summary>
    public required IReadOnlyList<JsonMember> AttributionOthers { get; init; }

    /// <summary>The traits and the other fields; where traits has the same key, it stands.</summary>
    public IReadOnlyList<JsonMember> AllTraits()
    {
        var traits = Traits is { } known ? JsonMember.Of(known, "traits", new Faults()) : [];
        var names = traits.Select(member => member.Name).ToHashSet();
        return [.. Others.Where(member => !names.Contains(member.Name)), .. traits];
    }
}

/// <summary>A touch that a synced profile reports.</summary>
/// <param name="IsFirst">Whether it is the first touch or the last.</param>
/// <param name="Timestamp">When it was, in milliseconds since 1970; null when the profile does not say.</param>
/// <param name="Members">Its members, but for the time.</param>
internal sealed record ProfileTouch(bool IsFirst, long? Timestamp, IReadOnlyList<JsonMember> Members)
{
    /// <summary>A hash of the content.</summary>
    public ulong Hash => JsonText.Combine(JsonMember.Hash(Members), (ulong)(Timestamp ?? -1));
}
