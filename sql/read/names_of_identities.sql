-- The accounts and e-mails that identifications name, those after one.
SELECT DISTINCT name FROM identities WHERE name > @after AND name IS NOT NULL ORDER BY name LIMIT @most;
