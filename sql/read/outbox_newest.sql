-- The newest item that waits, 0 where none does.
SELECT coalesce(max(id), 0) FROM outbox;
