-- The first spans of each of these browsers (a JSON array of ids) in their order, at most so many of each: from when on it is whose.
SELECT i.glue_user_id, i.timestamp, i.event_id, i.name
FROM json_each(@users) j JOIN identities i ON i.id IN (
  SELECT s.id FROM identities s WHERE s.glue_user_id = j.value AND s.starts = 1 ORDER BY s.timestamp, s.event_id, s.kind LIMIT @most)
ORDER BY i.glue_user_id, i.timestamp, i.event_id, i.kind;
