-- The newest event that names an e-mail and no account itself.
SELECT event_id, glue_user_id, session_id, email, user_id, claim, trusted, source, event AS name, properties, context, timestamp, created_at
FROM events WHERE email_key = @value AND email_key IS NOT NULL AND user_id IS NULL AND claim = 0 AND id <= @snapshot ORDER BY timestamp DESC, event_id DESC LIMIT 1;
