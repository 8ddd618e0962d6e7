-- The browser of the newest event that has one of these names of its own (a JSON array).
SELECT e.glue_user_id FROM json_each(@names) j JOIN events e ON e.id = (
  SELECT n.id FROM events n WHERE n.name = j.value AND n.name IS NOT NULL AND n.id <= @snapshot ORDER BY n.timestamp DESC, n.event_id DESC LIMIT 1)
ORDER BY e.timestamp DESC, e.event_id DESC LIMIT 1;
