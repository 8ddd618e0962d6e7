-- Profiles that were put in by hand, behind one.
SELECT id, glue_user_id, email, traits, attribution -> 'first_touch' AS first_touch, attribution -> 'last_touch' AS last_touch, first_seen, last_seen, identified_at, created_at
FROM users WHERE logged = 0 AND id > @after ORDER BY id LIMIT @most;
