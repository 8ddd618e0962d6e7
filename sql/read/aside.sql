-- Items that are aside, those after one.
SELECT id, received, put_aside, reason, CAST(item AS BLOB) AS item
FROM outbox_aside WHERE id > @after ORDER BY id LIMIT @count;
