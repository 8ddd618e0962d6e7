-- The e-mail of the newest identification by one of these names (a JSON array) that has one.
SELECT i.email FROM json_each(@names) j JOIN identities i ON i.name = j.value AND i.name IS NOT NULL
WHERE i.email IS NOT NULL
ORDER BY i.timestamp DESC, i.event_id DESC LIMIT 1;
