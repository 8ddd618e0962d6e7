-- Sessions that were synced last before a time.
SELECT id, glue_user_id, synced_at AS timestamp, session_id AS event_id FROM sessions WHERE synced_at < @before LIMIT @most;
