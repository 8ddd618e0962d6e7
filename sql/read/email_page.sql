-- The events that name an e-mail and no account themselves between two places, both left out, in their order.
SELECT event_id, glue_user_id, session_id, email, user_id, claim, trusted, source, event AS name, properties, context, timestamp, created_at
FROM events
WHERE email_key = @value AND email_key IS NOT NULL AND user_id IS NULL AND claim = 0 AND id <= @snapshot
  AND timestamp >= @afterTime AND (timestamp > @afterTime OR event_id > @afterId)
  AND timestamp <= @boundTime AND (timestamp < @boundTime OR event_id < @boundId)
ORDER BY timestamp, event_id LIMIT @most;
