-- Items that were not tried yet, those after one, oldest first.
SELECT id, CAST(item AS BLOB) AS item, attempts FROM outbox WHERE id > @after AND attempts = 0 ORDER BY id LIMIT @count;
