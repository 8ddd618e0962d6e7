-- How many events stand behind a row, counted up to so many, and the last of these.
SELECT count(*) AS count, coalesce(max(id), 0) AS last FROM (SELECT id FROM events WHERE id > @after ORDER BY id LIMIT @most);
