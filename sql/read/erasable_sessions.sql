-- Sessions of a browser that were synced from one time to another: all, or those that hold no event. The others go with their events.
SELECT s.id, s.glue_user_id, s.synced_at AS timestamp, s.session_id AS event_id FROM sessions s
WHERE s.glue_user_id = @user AND s.synced_at <= @endTime
  AND (@whole = 1 OR (s.synced_at >= @startTime
    AND NOT EXISTS (SELECT 1 FROM events e WHERE e.session_id = s.session_id AND e.glue_user_id = @user)))
LIMIT @most;
