-- A session of a browser of which something was erased: it is stored only where it holds an event. An id that so many share
-- is not looked through on the writer. Of two reports the one with the latest synced_at stands.
INSERT INTO sessions (glue_user_id, session_id, data, synced_at, event_id, created_at, updated_at)
SELECT @user, @session_id, @data, @synced_at, @event_id, @received, @received
WHERE @user IN (SELECT glue_user_id FROM events WHERE session_id = @session_id LIMIT 1000)
ON CONFLICT (glue_user_id, session_id) DO UPDATE SET
  data = excluded.data, synced_at = excluded.synced_at, event_id = excluded.event_id, updated_at = excluded.updated_at
WHERE (excluded.synced_at, excluded.event_id, excluded.data) > (sessions.synced_at, sessions.event_id, sessions.data);
