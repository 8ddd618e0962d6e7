-- The accounts that identifications claim, those after one.
SELECT DISTINCT user_id FROM identities WHERE user_id > @after AND claim = 1 AND user_id IS NOT NULL ORDER BY user_id LIMIT @most;
