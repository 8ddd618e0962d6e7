-- The newest event that names an account itself.
SELECT event_id, glue_user_id, session_id, email, user_id, claim, trusted, source, event AS name, properties, context, timestamp, created_at
FROM events WHERE user_id = @value AND user_id IS NOT NULL AND claim = 0 AND id <= @snapshot ORDER BY timestamp DESC, event_id DESC LIMIT 1;
