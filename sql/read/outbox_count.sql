-- How many items wait, up to one.
SELECT count(*) FROM outbox WHERE id <= @last;
