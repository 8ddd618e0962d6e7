-- Events that are erased (a JSON array of their row ids). Answers count.
DELETE FROM events WHERE id IN (SELECT value FROM json_each(@ids));
SELECT changes() AS count;
