-- The names of events that begin so, in a range, those that come most first.
SELECT event AS value, count(*) AS count FROM events
WHERE timestamp >= @from AND timestamp < @to AND substr(event, 1, length(@q)) = @q
GROUP BY event ORDER BY count DESC, value LIMIT @most;
