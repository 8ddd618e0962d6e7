using System.Text.Json.Serialization;

namespace DataGlue.Edge.Intake;

/// <summary>What became of an item. A home answers a relay with it, as JSON.</summary>
internal sealed record Outcome(OutcomeStatus Status)
{
    /// <summary>A rule of the database's owner did not allow it.</summary>
    public static Outcome RefusedByOwner { get; } = Rejected(StatusCodes.Status400BadRequest, "The database refused this write; a rule of its owner does not allow it");

    /// <summary>Its id belongs to another visitor, and nothing has changed.</summary>
    public static Outcome IdTaken { get; } = Rejected(StatusCodes.Status409Conflict, "event_id belongs to another glue_user_id; give the event an id of its own");

    public int? Code { get; init; } // of a rejected item: the HTTP status that a request of its own would have, 400 or 409
    public string? Error { get; init; } // of a rejected item: why
    public bool? NewUser { get; init; } // of an identification: whether the profile was not identified before; null where nobody knows
    public IReadOnlyList<RejectedEvent>? EventsRejected { get; init; } // of a sync: its events that were not stored, and why; null when there is none

    /// <summary>The id under which an event or identification stands.</summary>
    [JsonIgnore]
    public Utf8Text EventId { get; init; }

    /// <summary>Of a sync: how many events were accepted.</summary>
    [JsonIgnore]
    public int EventsAccepted { get; init; }

    /// <summary>Of a sync: how many of these were not stored before; null at an edge, which cannot know.</summary>
    [JsonIgnore]
    public int? EventsNew { get; init; }

    public static Outcome Rejected(int code, string error) => new(OutcomeStatus.Rejected) { Code = code, Error = error };
}

/// <summary>What became of an item, in a word; JSON has it in lower case.</summary>
internal enum OutcomeStatus
{
    Stored, // it is new, or a sync
    Duplicate, // it was stored already
    Queued, // an edge has it, for its home
    Rejected, // it was not stored, and sending it again will not help
}

/// <summary>An event of a sync that was not stored.</summary>
/// <param name="Index">Its place in <c>data.events</c>, from 0.</param>
/// <param name="Error">Every fault of it.</param>
internal sealed record RejectedEvent(int Index, string Error);
