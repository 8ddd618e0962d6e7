-- Events of a browser between two places, the second left out: all, or those that name nobody themselves.
SELECT id, glue_user_id, timestamp, event_id, session_id FROM events
WHERE glue_user_id = @user AND (timestamp, event_id) >= (@startTime, @startId) AND (timestamp, event_id) < (@endTime, @endId) AND (@whole = 1 OR name IS NULL)
ORDER BY timestamp, event_id LIMIT @most;
