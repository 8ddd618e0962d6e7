-- The accounts and e-mails that events name themselves, those after one.
SELECT DISTINCT name FROM events WHERE name > @after AND name IS NOT NULL ORDER BY name LIMIT @most;
