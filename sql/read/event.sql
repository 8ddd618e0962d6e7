-- An event by its id, or by the id that it had before.
SELECT event_id, glue_user_id, session_id, email, user_id, name AS own_name, claim, trusted, source, event AS name, properties, context, timestamp, created_at
FROM events WHERE event_id = @eventId OR live_event_id = @eventId;
