-- What reports ask of events: of browsers in their order, those behind a place, at most so many.
SELECT id, glue_user_id, timestamp, event_id, session_id, event AS name, coalesce(host, '') || path AS page, device, browser, os, country, touch, touch_counts, name AS own_name
FROM events
WHERE (glue_user_id, timestamp, event_id) > (@user, @time, @eventId) AND id <= @snapshot AND bot <= @bots AND fingerprint IS NOT NULL
ORDER BY glue_user_id, timestamp, event_id LIMIT @most;
