-- Events behind a row, in the order in which they came.
SELECT id, glue_user_id, timestamp, event_id, session_id, event AS name, coalesce(host, '') || path AS page, device, browser, os, country, touch, touch_counts, name AS own_name
FROM events
WHERE id > @after AND bot <= @bots AND fingerprint IS NOT NULL
ORDER BY id LIMIT @most;
