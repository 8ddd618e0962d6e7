-- Items that are aside, one or (NULL) all, are deleted. Answers count.
DELETE FROM outbox_aside WHERE id = coalesce(@id, id);
SELECT changes() AS count;
