-- What reports ask of some events (a JSON array of row ids).
SELECT id, glue_user_id, timestamp, event_id, session_id, event AS name, coalesce(host, '') || path AS page, device, browser, os, country, bot, touch, touch_counts, name AS own_name
FROM events
WHERE id IN (SELECT value FROM json_each(@ids)) AND fingerprint IS NOT NULL;
