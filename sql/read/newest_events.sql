-- Events in a range before a place, the newest first.
SELECT id, glue_user_id, timestamp, event_id, session_id, event AS name, coalesce(host, '') || path AS page, device, browser, os, country, touch, touch_counts, name AS own_name
FROM events
WHERE timestamp >= @from AND timestamp < @to AND (timestamp, event_id) < (@time, @eventId) AND bot <= @bots AND fingerprint IS NOT NULL AND (@name IS NULL OR event = @name)
ORDER BY timestamp DESC, event_id DESC LIMIT @most;
