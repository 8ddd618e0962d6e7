-- Events that have a name of their own, before a place.
SELECT id, glue_user_id, timestamp, event_id, session_id FROM events
WHERE name = @name AND name IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
ORDER BY timestamp, event_id LIMIT @most;
