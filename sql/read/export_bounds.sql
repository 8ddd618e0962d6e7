-- Between which rows the events of a range stand.
SELECT coalesce(min(id), 0) AS first, coalesce(max(id), 0) AS last FROM events WHERE timestamp >= @from AND timestamp < @to;
