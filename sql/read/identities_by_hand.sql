-- Rows of the identity log that were put in by hand, behind one.
SELECT id, glue_user_id, timestamp, email, user_id, claim, traits, context, first_seen, last_seen, touch
FROM identities WHERE fingerprint IS NULL AND id > @after ORDER BY id LIMIT @most;
