-- When the oldest item was received.
SELECT received FROM outbox ORDER BY id LIMIT 1;
