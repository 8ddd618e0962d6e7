namespace DataGlue.Edge.Journeys;

/// <summary>Every statement of a read. Each stands whole, as a constant: Dapper.AOT sees it when it is compiled.</summary>
public static class JourneySql
{
    /// <summary>The newest event, as a row id.</summary>
    public const string Snapshot = "SELECT coalesce(max(id), 0) FROM events";

    /// <summary>A profile with its counters.</summary>
    public const string Profile = """
        SELECT u.glue_user_id AS GlueUserId, u.email AS Email, u.traits AS Traits,
          u.attribution -> 'first_touch' AS FirstTouch, u.attribution -> 'last_touch' AS LastTouch,
          u.first_seen AS FirstSeen, u.last_seen AS LastSeen, coalesce(u.identified, 0) AS Identified, u.identified_at AS IdentifiedAt,
          (SELECT count(*) FROM events e WHERE e.glue_user_id = u.glue_user_id AND e.id <= @snapshot) AS TotalEvents,
          (SELECT count(*) FROM (
            SELECT s.session_id FROM sessions s WHERE s.glue_user_id = u.glue_user_id
            UNION
            SELECT e.session_id FROM events e WHERE e.glue_user_id = u.glue_user_id AND e.session_id IS NOT NULL AND e.id <= @snapshot)) AS TotalSessions,
          u.last_synced AS LastSynced, u.created_at AS CreatedAt, u.updated_at AS UpdatedAt
        FROM users u WHERE u.glue_user_id = @user
        """;

    /// <summary>The profiles that carry an e-mail. NOCASE knows ASCII alone; the log has the lower case of every other letter too.</summary>
    public const string ProfilesOf = """
        SELECT glue_user_id FROM (
          SELECT u.glue_user_id, u.last_seen FROM users u WHERE u.email = @email COLLATE NOCASE
          UNION
          SELECT u.glue_user_id, u.last_seen
          FROM identities i JOIN users u ON u.glue_user_id = i.glue_user_id AND u.email = i.email
          WHERE i.email_key = @key)
        ORDER BY last_seen DESC, glue_user_id
        """;

    /// <summary>How many events a profile has, and from when to when.</summary>
    public const string SpanOf = """
        SELECT
          (SELECT count(*) FROM events WHERE glue_user_id = @user AND id <= @snapshot) AS Count,
          (SELECT timestamp FROM events WHERE glue_user_id = @user AND id <= @snapshot ORDER BY timestamp LIMIT 1) AS First,
          (SELECT timestamp FROM events WHERE glue_user_id = @user AND id <= @snapshot ORDER BY timestamp DESC LIMIT 1) AS Last
        """;

    /// <summary>An event by its id, or by the id that it had before.</summary>
    public const string Find = $"{Events} WHERE event_id = @eventId OR live_event_id = @eventId";

    /// <summary>A profile's events between two places, in order.</summary>
    public const string Page = $"""
        {Events}
        WHERE glue_user_id = @user AND id <= @snapshot
          AND timestamp >= @afterTime AND (timestamp > @afterTime OR event_id > @afterId)
          AND timestamp <= @boundTime AND (timestamp < @boundTime OR event_id < @boundId)
        ORDER BY timestamp, event_id LIMIT @most
        """;

    private const string Events = """
        SELECT event_id AS EventId, glue_user_id AS GlueUserId, session_id AS SessionId, email AS Email, event AS Name,
          properties AS Properties, context AS Context, timestamp AS Timestamp, created_at AS CreatedAt
        FROM events
        """;
}
