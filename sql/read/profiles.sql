-- The profiles of these browsers (a JSON array of ids), in that order, each with its counters, as far as events up to @snapshot tell.
SELECT u.glue_user_id, u.email, u.traits, u.attribution -> 'first_touch' AS first_touch, u.attribution -> 'last_touch' AS last_touch,
  u.first_seen, u.last_seen, coalesce(u.identified, 0) AS identified, u.identified_at,
  (SELECT count(*) FROM events e WHERE e.glue_user_id = u.glue_user_id AND e.id <= @snapshot) AS total_events,
  (SELECT count(*) FROM (
    SELECT s.session_id FROM sessions s WHERE s.glue_user_id = u.glue_user_id
    UNION
    SELECT e.session_id FROM events e WHERE e.glue_user_id = u.glue_user_id AND e.session_id IS NOT NULL AND e.id <= @snapshot)) AS total_sessions,
  u.last_synced, u.created_at, u.updated_at
FROM json_each(@users) j JOIN users u ON u.glue_user_id = j.value ORDER BY j.key;
