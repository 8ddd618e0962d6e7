-- Sessions of a browser: all, or those that hold an event between two places (the second left out) that names nobody itself; of a session that holds no event
-- the time of its sync decides.
SELECT s.id, s.glue_user_id, s.synced_at AS timestamp, s.session_id AS event_id FROM sessions s
WHERE s.glue_user_id = @user AND (
  (@whole = 1 AND s.synced_at <= @endTime)
  OR EXISTS (
    SELECT 1 FROM events e WHERE e.session_id = s.session_id AND e.glue_user_id = @user AND e.name IS NULL
      AND (e.timestamp, e.event_id) >= (@startTime, @startId) AND (e.timestamp, e.event_id) < (@endTime, @endId))
  OR (s.synced_at >= @startTime AND s.synced_at <= @endTime
    AND NOT EXISTS (SELECT 1 FROM events e WHERE e.session_id = s.session_id AND e.glue_user_id = @user)))
LIMIT @most;
