-- The home has rejected an item, which waits for its owner. Answers id where the item was there.
INSERT INTO outbox_aside (received, item, put_aside, reason)
SELECT received, item, @now, @reason FROM outbox WHERE id = @id
RETURNING id;
DELETE FROM outbox WHERE id = @id;
