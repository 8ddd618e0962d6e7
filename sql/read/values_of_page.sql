-- The paths of pages that begin so, in a range, those that were looked at most first.
SELECT path AS value, count(*) AS count FROM events
WHERE timestamp >= @from AND timestamp < @to AND path IS NOT NULL AND substr(path, 1, length(@q)) = @q AND event = 'page_view'
GROUP BY path ORDER BY count DESC, value LIMIT @most;
