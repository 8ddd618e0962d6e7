-- The events of a browser in a window that name nobody themselves, in their order: from a place on (@inclusive: with it) to another, which is left out.
SELECT event_id, glue_user_id, session_id, email, user_id, name AS own_name, claim, trusted, source, event AS name, properties, context, timestamp, created_at
FROM events
WHERE glue_user_id = @user AND id <= @snapshot AND name IS NULL
  AND timestamp >= @startTime AND (timestamp > @startTime OR event_id > @startId OR (@inclusive = 1 AND event_id = @startId))
  AND timestamp <= @boundTime AND (timestamp < @boundTime OR event_id < @boundId)
ORDER BY timestamp, event_id LIMIT @most;
