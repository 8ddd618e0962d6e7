-- All that these tombstones (a JSON array of ids) speak of is gone; @counts is what that was, by table.
UPDATE erasures SET counts = (
  SELECT json_group_object(key, n) FROM (
    SELECT key, sum(value) AS n FROM (
      SELECT key, value FROM json_each(erasures.counts) UNION ALL SELECT key, value FROM json_each(@counts))
    GROUP BY key ORDER BY key))
WHERE id IN (SELECT t.erasure FROM tombstones t WHERE t.id IN (SELECT value FROM json_each(@ids)));
UPDATE tombstones SET applied = 1 WHERE id IN (SELECT value FROM json_each(@ids));
