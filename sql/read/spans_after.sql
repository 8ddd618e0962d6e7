-- The spans of a browser behind a place in their order, at most so many.
SELECT glue_user_id, timestamp, event_id, name FROM identities
WHERE glue_user_id = @user AND starts = 1 AND (timestamp, event_id) > (@time, @id)
ORDER BY timestamp, event_id, kind LIMIT @most;
