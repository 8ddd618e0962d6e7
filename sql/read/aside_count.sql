-- How many items are aside.
SELECT count(*) FROM outbox_aside;
