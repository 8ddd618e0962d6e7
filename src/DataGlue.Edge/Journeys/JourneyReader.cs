using Dapper;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Journeys;

/// <summary>
/// Every query of a journey. Each call is a read transaction of its own, and gives its connection back before it returns,
/// so that a slow reader holds none open; <see cref="Snapshot"/> keeps the calls of one journey from seeing later events.
/// </summary>
public sealed class JourneyReader(EdgeDatabase database)
{
    private const string EventColumns = """
        SELECT event_id AS EventId, glue_user_id AS GlueUserId, session_id AS SessionId, email AS Email, event AS Name,
          properties AS Properties, context AS Context, timestamp AS Timestamp, created_at AS CreatedAt
        FROM events
        """;

    // Text above every timestamp, for a page that runs to the end.
    private const string NoBound = "~";

    /// <summary>The newest event that a journey read now may hold, as a row id.</summary>
    public long Snapshot()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>("SELECT coalesce(max(id), 0) FROM events");
    }

    /// <summary>A profile with its counters, null when there is none.</summary>
    /// <param name="user">Its <c>glue_user_id</c>.</param>
    /// <param name="snapshot">What <see cref="Snapshot"/> gave.</param>
    public ProfileRow? Profile(string user, long snapshot)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<ProfileRow>(
            """
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
            """,
            new { user, snapshot });
    }

    /// <summary>The profiles that carry this e-mail, without regard to case, the one seen last first.</summary>
    public IReadOnlyList<string> ProfilesOf(string email)
    {
        ArgumentNullException.ThrowIfNull(email);
        var key = email.ToLowerInvariant();
        using var connection = database.OpenReader();

        // NOCASE knows ASCII alone; the log has the lower case of every other letter too.
        return [.. connection.Query<string>(
            """
            SELECT glue_user_id FROM (
              SELECT u.glue_user_id, u.last_seen FROM users u WHERE u.email = @email COLLATE NOCASE
              UNION
              SELECT u.glue_user_id, u.last_seen
              FROM identities i JOIN users u ON u.glue_user_id = i.glue_user_id AND u.email = i.email
              WHERE i.email_key = @key)
            ORDER BY last_seen DESC, glue_user_id
            """,
            new { email, key })];
    }

    /// <summary>How many events a profile has, and from when to when.</summary>
    public SpanRow SpanOf(string user, long snapshot)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirst<SpanRow>(
            """
            SELECT
              (SELECT count(*) FROM events WHERE glue_user_id = @user AND id <= @snapshot) AS Count,
              (SELECT timestamp FROM events WHERE glue_user_id = @user AND id <= @snapshot ORDER BY timestamp LIMIT 1) AS First,
              (SELECT timestamp FROM events WHERE glue_user_id = @user AND id <= @snapshot ORDER BY timestamp DESC LIMIT 1) AS Last
            """,
            new { user, snapshot });
    }

    /// <summary>Where an event of that id stands, whoever's it is; null when there is none.</summary>
    public EventRow? Find(string eventId)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<EventRow>(
            EventColumns + " WHERE event_id = @eventId OR live_event_id = @eventId", new { eventId });
    }

    /// <summary>Where a profile's first event after <paramref name="after"/> stands, null when there is none.</summary>
    public EventKey? FirstAfter(string user, EventKey after, long snapshot)
    {
        var rows = Page(user, after, bound: null, snapshot, most: 1, maxSize: 0);
        return rows.Count == 0 ? null : rows[0].Key;
    }

    /// <summary>
    /// A profile's events after <paramref name="after"/> and before <paramref name="bound"/>, in order.
    /// </summary>
    /// <param name="user">Whose events.</param>
    /// <param name="after">Where the page begins, itself left out.</param>
    /// <param name="bound">Where it ends, itself left out; null for the end of the journey.</param>
    /// <param name="snapshot">What <see cref="Snapshot"/> gave.</param>
    /// <param name="most">How many events at the most.</param>
    /// <param name="maxSize">How much text at about the most, in characters; one event always fits.</param>
    public IReadOnlyList<EventRow> Page(string user, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        using var connection = database.OpenReader();
        var rows = new List<EventRow>();
        var size = 0;
        foreach (var row in Query(connection, user, after, bound ?? new EventKey(NoBound, NoBound), snapshot, most))
        {
            rows.Add(row);
            size += row.Size;
            if (size >= maxSize)
            {
                break;
            }
        }

        return rows;
    }

    private static IEnumerable<EventRow> Query(
        SqliteConnection connection, string user, EventKey after, EventKey bound, long snapshot, int most) =>
        connection.Query<EventRow>(
            EventColumns + """
             WHERE glue_user_id = @user AND id <= @snapshot
               AND timestamp >= @afterTime AND (timestamp > @afterTime OR event_id > @afterId)
               AND timestamp <= @boundTime AND (timestamp < @boundTime OR event_id < @boundId)
             ORDER BY timestamp, event_id LIMIT @most
            """,
            new
            {
                user,
                snapshot,
                afterTime = after.Timestamp,
                afterId = after.EventId,
                boundTime = bound.Timestamp,
                boundId = bound.EventId,
                most,
            },
            buffered: false);
}
