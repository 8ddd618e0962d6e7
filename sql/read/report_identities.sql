-- What reports ask of the identity log, behind a row and up to another, at most so many: whom a row names, its touch, and that events have expired.
SELECT id, glue_user_id, timestamp, event_id, kind, name, email_key, user_id, trusted, touch, touch_counts
FROM identities
WHERE id > @after AND id <= @last AND (name IS NOT NULL OR touch IS NOT NULL OR kind = 'base') AND fingerprint IS NOT NULL
ORDER BY id LIMIT @most;
