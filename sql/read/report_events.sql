-- What reports ask of events, behind a row and up to another, at most so many.
SELECT id, glue_user_id, timestamp, event_id, session_id, event AS name, coalesce(host, '') || path AS page, device, browser, os, country, bot, touch, touch_counts, name AS own_name
FROM events
WHERE id > @after AND id <= @last AND fingerprint IS NOT NULL
ORDER BY id LIMIT @most;
