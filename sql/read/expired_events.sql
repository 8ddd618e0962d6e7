-- Events from before a time, the oldest first.
SELECT id, glue_user_id, timestamp, event_id, touch, touch_counts FROM events WHERE timestamp < @before AND fingerprint IS NOT NULL ORDER BY timestamp LIMIT @most;
