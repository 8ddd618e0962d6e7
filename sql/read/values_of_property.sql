-- The values of a property that begin so, of the newest 100,000 events of a range, those that come most first.
SELECT value, count(*) AS count FROM (
  SELECT CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END AS value
  FROM (SELECT properties FROM events WHERE timestamp >= @from AND timestamp < @to ORDER BY timestamp DESC LIMIT 100000) e, json_each(e.properties) j
  WHERE j.key = @property AND j.type IN ('text', 'integer', 'real', 'true', 'false'))
WHERE substr(value, 1, length(@q)) = @q
GROUP BY value ORDER BY count DESC, value LIMIT @most;
