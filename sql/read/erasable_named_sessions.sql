-- Sessions that hold an event with a name of its own, before a place.
SELECT DISTINCT s.id, s.glue_user_id, s.synced_at AS timestamp, s.session_id AS event_id
FROM events e JOIN sessions s ON s.glue_user_id = e.glue_user_id AND s.session_id = e.session_id
WHERE e.name = @name AND e.name IS NOT NULL AND (e.timestamp, e.event_id) < (@endTime, @endId)
LIMIT @most;
