-- Events that were put in by hand, behind one.
SELECT id, glue_user_id, session_id, event AS name, timestamp, properties, email, context, user_id, claim
FROM events WHERE fingerprint IS NULL AND id > @after ORDER BY id LIMIT @most;
