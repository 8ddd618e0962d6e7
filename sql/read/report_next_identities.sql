-- The same of the identity log.
SELECT count(*) AS count, coalesce(max(id), 0) AS last FROM (SELECT id FROM identities WHERE id > @after ORDER BY id LIMIT @most);
