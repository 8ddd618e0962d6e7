-- What reports ask of some rows of the identity log (a JSON array of row ids).
SELECT id, glue_user_id, timestamp, event_id, kind, name, email_key, user_id, trusted, touch, touch_counts
FROM identities
WHERE id IN (SELECT value FROM json_each(@ids)) AND (name IS NOT NULL OR touch IS NOT NULL OR kind = 'base') AND fingerprint IS NOT NULL;
