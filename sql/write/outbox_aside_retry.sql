-- Items that are aside, one or (NULL) all, go to the end of the outbox. Answers count.
SELECT count(*) AS count FROM outbox_aside WHERE id = coalesce(@id, id);
INSERT INTO outbox (received, item)
SELECT received, item FROM outbox_aside WHERE id = coalesce(@id, id) ORDER BY id;
DELETE FROM outbox_aside WHERE id = coalesce(@id, id);
