-- What reports ask of the identity log, behind a row, at most so many rows: whom a row names, its touch, and that events have expired.
SELECT id, glue_user_id, timestamp, event_id, kind, name, email_key, touch, touch_counts
FROM identities
WHERE id > @after AND (name IS NOT NULL OR touch IS NOT NULL OR kind = 'base') AND fingerprint IS NOT NULL
ORDER BY id LIMIT @most;
