-- A row of the identity log is erased, with its traits. Answers count.
-- Whoever is named after it has another before him then.
UPDATE identities SET starts = (name IS NOT (
  SELECT p.name FROM identities p JOIN identities s ON s.id = @id
  WHERE p.glue_user_id = s.glue_user_id AND p.name IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (s.timestamp, s.event_id, s.kind)
  ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1))
WHERE id = (
  SELECT n.id FROM identities n JOIN identities s ON s.id = @id
  WHERE s.name IS NOT NULL AND n.glue_user_id = s.glue_user_id AND n.name IS NOT NULL AND (n.timestamp, n.event_id, n.kind) > (s.timestamp, s.event_id, s.kind)
  ORDER BY n.timestamp, n.event_id, n.kind LIMIT 1);
DELETE FROM traits WHERE (glue_user_id, name, timestamp, event_id, kind) IN (
  SELECT s.glue_user_id, j.key, s.timestamp, s.event_id, s.kind FROM identities s, json_each(s.traits) j WHERE s.id = @id);
DELETE FROM long_traits WHERE (glue_user_id, event_id, kind) = (SELECT s.glue_user_id, s.event_id, s.kind FROM identities s WHERE s.id = @id);
DELETE FROM identities WHERE id = @id;
SELECT changes() AS count;
