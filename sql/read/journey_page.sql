-- A profile's events between two places, both left out, in their order.
SELECT event_id, glue_user_id, session_id, email, user_id, name AS own_name, claim, trusted, source, event AS name, properties, context, timestamp, created_at
FROM events
WHERE glue_user_id = @user AND id <= @snapshot
  AND timestamp >= @afterTime AND (timestamp > @afterTime OR event_id > @afterId)
  AND timestamp <= @boundTime AND (timestamp < @boundTime OR event_id < @boundId)
ORDER BY timestamp, event_id LIMIT @most;
