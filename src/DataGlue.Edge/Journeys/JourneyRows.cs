using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>A profile as it is stored, with its counters. Traits and touches are JSON objects; a profile without a touch has none.</summary>
internal sealed class ProfileRow
{
    public string GlueUserId { get; set; } = "";
    public string? Email { get; set; }
    public string? UserId { get; set; } // of a person: the account
    public string? Traits { get; set; }
    public string? FirstTouch { get; set; }
    public string? LastTouch { get; set; }
    public string? FirstSeen { get; set; } // the least time at which the visitor is known to have been there
    public string? LastSeen { get; set; } // the greatest
    public long Identified { get; set; } // 1 with an identification
    public string? IdentifiedAt { get; set; } // since when its identifications name the same account or e-mail
    public long TotalEvents { get; set; }
    public long TotalSessions { get; set; } // distinct ones, from events and from syncs
    public string? LastSynced { get; set; } // the greatest time of a sync
    public string? CreatedAt { get; set; }
    public string? UpdatedAt { get; set; }
}

/// <summary>An event as it is stored. Properties and context are JSON objects.</summary>
internal sealed class EventRow
{
    public string EventId { get; set; } = "";
    public string GlueUserId { get; set; } = "";
    public string? SessionId { get; set; }
    public string? Email { get; set; } // that the event itself carried
    public string? UserId { get; set; } // the account that it carried
    public string? OwnName { get; set; } // whose it is by itself, as PersonName
    public long Claim { get; set; } // 1 where its e-mail and account join nobody
    public long Trusted { get; set; } // 1 where it came with a secret key
    public string Source { get; set; } = ""; // page, server or import:NAME, with the region of an edge
    public string Name { get; set; } = ""; // the column event
    public string? Properties { get; set; }
    public string? Context { get; set; }
    public string Timestamp { get; set; } = "";
    public string? CreatedAt { get; set; }

    public EventKey Key => new(Timestamp, EventId);

    /// <summary>About how much text it holds, in characters.</summary>
    public int Size => 200 + (Properties?.Length ?? 0) + (Context?.Length ?? 0);
}

/// <summary>How many events there are, and their least and greatest timestamp; null without events.</summary>
internal sealed class SummaryRow
{
    public long Count { get; set; }
    public string? First { get; set; }
    public string? Last { get; set; }

    public void Add(SummaryRow other)
    {
        Count += other.Count;
        First = First is null || string.CompareOrdinal(other.First, First) < 0 ? other.First ?? First : First;
        Last = Last is null || string.CompareOrdinal(other.Last, Last) > 0 ? other.Last ?? Last : Last;
    }
}

/// <summary>A browser that identifications of a person joined.</summary>
internal sealed class JoinedBrowserRow
{
    public string GlueUserId { get; set; } = "";
    public long Trusted { get; set; } // 1 where a trusted one did
}

/// <summary>Where a span of a browser begins, and whose it is.</summary>
internal sealed class SpanStartRow
{
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string Name { get; set; } = "";

    public EventKey Key => new(Timestamp, EventId);
}

/// <summary>What an identification said of a key of traits.</summary>
internal sealed class TraitLogRow
{
    public string GlueUserId { get; set; } = "";
    public string Name { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string Kind { get; set; } = "";
    public long? Size { get; set; } // of a long value, in bytes
    public string? Value { get; set; } // as JSON; null of a long one

    public EventKey Key => new(Timestamp, EventId);
}

/// <summary>An e-mail, and the account that it belongs to.</summary>
internal sealed class EmailAccountRow
{
    public string EmailKey { get; set; } = "";
    public string? UserId { get; set; }
}

/// <summary>An identification, or a claim.</summary>
internal sealed class IdentificationRow
{
    public string EventId { get; set; } = "";
    public string Kind { get; set; } = "";
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string? Email { get; set; }
    public string? UserId { get; set; }
    public long Trusted { get; set; }
    public string Source { get; set; } = "";
    public long Claim { get; set; }
}
