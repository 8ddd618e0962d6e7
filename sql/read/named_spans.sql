-- How many events have one of these names of their own (a JSON array), and from when to when.
SELECT count(*) AS count, min(e.timestamp) AS first, max(e.timestamp) AS last
FROM json_each(@names) j JOIN events e ON e.name = j.value AND e.name IS NOT NULL AND e.id <= @snapshot;
