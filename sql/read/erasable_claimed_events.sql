-- Events that claim an e-mail, before a place.
SELECT id, glue_user_id, timestamp, event_id, session_id FROM events
WHERE email COLLATE NOCASE = @name AND claim = 1 AND email IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
LIMIT @most;
