-- Events that claim an account, before a place.
SELECT id, glue_user_id, timestamp, event_id, session_id FROM events
WHERE user_id = @name AND claim = 1 AND user_id IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
LIMIT @most;
