-- The browsers that have a profile, those after one.
SELECT glue_user_id FROM users WHERE glue_user_id > @after ORDER BY glue_user_id LIMIT @most;
