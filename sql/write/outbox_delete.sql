-- The home has these items (a JSON array of ids). Answers count.
DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(@ids));
SELECT changes() AS count;
