-- Events of others (a JSON array of their row ids) lose an e-mail that is erased. Answers count.
UPDATE events SET email = NULL WHERE id IN (SELECT value FROM json_each(@ids));
SELECT changes() AS count;
