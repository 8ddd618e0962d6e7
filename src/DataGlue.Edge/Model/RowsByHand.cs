using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>The rows that somebody has put in by hand and that are not adopted yet, in the order of their row ids.</summary>
internal sealed class RowsByHand(Database database)
{
    private const int Most = 200;

    public bool Any() => database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/rows_by_hand")));

    /// <summary>Some events behind one.</summary>
    public List<EventByHand> Events(long after) =>
        database.Read<List<EventByHand>>(connection => [.. connection.Query<EventByHand>(SqlFile.Read("read/events_by_hand"), new { after, most = Most })]);

    /// <summary>Some rows of the identity log behind one.</summary>
    public List<IdentityByHand> Identities(long after) =>
        database.Read<List<IdentityByHand>>(connection => [.. connection.Query<IdentityByHand>(SqlFile.Read("read/identities_by_hand"), new { after, most = Most })]);

    /// <summary>Some profiles behind one.</summary>
    public List<UserByHand> Users(long after) =>
        database.Read<List<UserByHand>>(connection => [.. connection.Query<UserByHand>(SqlFile.Read("read/users_by_hand"), new { after, most = Most })]);
}

internal interface IRowByHand
{
    long Id { get; } // the row id
    string GlueUserId { get; }
}

/// <summary>An event that was put in by hand.</summary>
internal sealed class EventByHand : IRowByHand
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string? SessionId { get; set; }
    public string Name { get; set; } = ""; // the column event
    public string Timestamp { get; set; } = "";
    public string? Properties { get; set; }
    public string? Email { get; set; }
    public string? Context { get; set; }
    public string? UserId { get; set; }
    public long Claim { get; set; }
}

/// <summary>A row of the identity log that was put in by hand.</summary>
internal sealed class IdentityByHand : IRowByHand
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string? Email { get; set; }
    public string? UserId { get; set; }
    public long Claim { get; set; }
    public string? Traits { get; set; }
    public string? Context { get; set; }
    public string? FirstSeen { get; set; }
    public string? LastSeen { get; set; }
    public string? Touch { get; set; }
}

/// <summary>A profile that was put in by hand.</summary>
internal sealed class UserByHand : IRowByHand
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string? Email { get; set; }
    public string? Traits { get; set; }
    public string? FirstTouch { get; set; } // as JSON
    public string? LastTouch { get; set; }
    public string? FirstSeen { get; set; }
    public string? LastSeen { get; set; }
    public string? IdentifiedAt { get; set; }
    public string? CreatedAt { get; set; }
}
