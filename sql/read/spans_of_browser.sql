-- The spans of a browser in their order, and one more than count: from when on it is whose.
SELECT timestamp, event_id, name FROM identities WHERE glue_user_id = @user AND starts = 1 ORDER BY timestamp, event_id, kind LIMIT @most;
