namespace DataGlue.Edge.Storage;

public static partial class WriteSql
{
    // What a profile is to be, derived from the logs of the row of users around it: Rebuild sets it, Differences compares with it.

    // The present e-mail is that of the newest row that has one; it has been so since the last row that changed it.
    private const string DerivedIdentity = """
          WITH log AS (
            SELECT i.timestamp, i.email, i.email_key,
              lag(i.email_key) OVER (ORDER BY i.timestamp, i.event_id, i.kind) AS earlier,
              row_number() OVER (ORDER BY i.timestamp, i.event_id, i.kind) AS n
            FROM identities i WHERE i.glue_user_id = users.glue_user_id AND i.email IS NOT NULL)
          SELECT
            (SELECT email FROM log ORDER BY n DESC LIMIT 1),
            EXISTS (SELECT 1 FROM log),
            (SELECT timestamp FROM log WHERE earlier IS NULL OR earlier <> email_key ORDER BY n DESC LIMIT 1)
        """;

    // Each step looks up the row that comes next in time and patches it on.
    private static string DerivedTraits => $$"""
          WITH RECURSIVE replay (n, timestamp, event_id, kind, traits) AS (
            SELECT 0, '', '', '', '{}'
            UNION ALL
            SELECT r.n + 1, i.timestamp, i.event_id, i.kind, {{Patch("r.traits", "i.traits")}}
            FROM replay r JOIN identities i ON i.id = (
              SELECT s.id FROM identities s
              WHERE s.glue_user_id = users.glue_user_id AND s.traits IS NOT NULL
                AND (s.timestamp, s.event_id, s.kind) > (r.timestamp, r.event_id, r.kind)
              ORDER BY s.timestamp, s.event_id, s.kind LIMIT 1))
          SELECT traits FROM replay ORDER BY n DESC LIMIT 1
        """;

    private const string DerivedSeen = """
            SELECT min(seen), max(seen) FROM (
              SELECT min(e.timestamp) AS seen FROM events e WHERE e.glue_user_id = users.glue_user_id
              UNION ALL SELECT max(e.timestamp) FROM events e WHERE e.glue_user_id = users.glue_user_id
              UNION ALL SELECT min(i.first_seen) FROM identities i WHERE i.glue_user_id = users.glue_user_id
              UNION ALL SELECT max(i.last_seen) FROM identities i WHERE i.glue_user_id = users.glue_user_id)
        """;

    private const string DerivedAttribution = $"""
            SELECT
              CASE WHEN f.touch IS NOT NULL THEN json_object('first_touch', json(f.touch), 'last_touch', json(coalesce(c.touch, f.touch))) END,
              f.timestamp || ' ' || f.event_id,
              c.timestamp || ' ' || c.event_id
            FROM (SELECT 1)
            LEFT JOIN (
              SELECT * FROM (
                SELECT * FROM (
                  SELECT l.timestamp, l.event_id, {TouchJson} AS touch FROM events l
                  WHERE l.glue_user_id = users.glue_user_id AND l.touch IS NOT NULL ORDER BY 1, 2, 3 LIMIT 1)
                UNION ALL
                SELECT l.timestamp, l.event_id, {TouchJson} FROM identities l
                WHERE l.glue_user_id = users.glue_user_id AND l.touch IS NOT NULL)
              ORDER BY 1, 2, 3 LIMIT 1) f
            LEFT JOIN (
              SELECT * FROM (
                SELECT * FROM (
                  SELECT l.timestamp, l.event_id, {TouchJson} AS touch FROM events l
                  WHERE l.glue_user_id = users.glue_user_id AND l.touch_counts = 1 ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1)
                UNION ALL
                SELECT l.timestamp, l.event_id, {TouchJson} FROM identities l
                WHERE l.glue_user_id = users.glue_user_id AND l.touch_counts = 1)
              ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1) c
        """;

    private const string RebuildIdentity = $"""
        UPDATE users SET (email, identified, identified_at) = (
        {DerivedIdentity})
        WHERE stale <> 0 AND (stale & 1) = 1
        """;

    private static string RebuildTraits => $"""
        UPDATE users SET traits = (
        {DerivedTraits})
        WHERE stale <> 0 AND (stale & 1) = 1
        """;

    private const string RebuildSeen = $"""
        UPDATE users SET (first_seen, last_seen) = (
        {DerivedSeen})
        WHERE stale <> 0 AND (stale & 2) = 2
        """;

    private const string RebuildAttribution = $"""
        UPDATE users SET (attribution, first_touch_key, last_touch_key) = (
        {DerivedAttribution})
        WHERE stale <> 0 AND (stale & 2) = 2
        """;

    private const string EndRebuild = "UPDATE users SET stale = 0, updated_at = @received WHERE stale <> 0";

    /// <summary>How many profiles follow from a log.</summary>
    public const string CountLogged = "SELECT count(*) FROM users WHERE logged = 1";

    /// <summary>
    /// Each profile that has a log, in the order of its id, and of each of its parts whether it differs from what
    /// <see cref="Rebuild"/> would make of it: e-mail, traits, times, touches. The last column is not 0 where a transaction has left it stale.
    /// </summary>
    public static string Differences => $$"""
        SELECT glue_user_id,
          (email, identified, identified_at) IS NOT (
        {{DerivedIdentity}}),
          coalesce(traits, '{}') IS NOT (
        {{DerivedTraits}}),
          (first_seen, last_seen) IS NOT (
        {{DerivedSeen}}),
          (attribution, first_touch_key, last_touch_key) IS NOT (
        {{DerivedAttribution}}),
          stale
        FROM users WHERE logged = 1 ORDER BY id
        """;
}
