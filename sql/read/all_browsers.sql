-- The browsers that have a profile, by their row ids, those after one.
SELECT id, glue_user_id, '' AS timestamp, '' AS event_id FROM users WHERE id > @after ORDER BY id LIMIT @most;
