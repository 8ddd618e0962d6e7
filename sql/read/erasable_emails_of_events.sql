-- Events of others that carry an e-mail, before a place.
SELECT id, glue_user_id, timestamp, event_id FROM events
WHERE email COLLATE NOCASE = @name AND email IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
LIMIT @most;
