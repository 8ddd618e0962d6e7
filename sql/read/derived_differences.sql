-- Rows of traits and long values that no identity names, identities at which a span begins that are not marked, or the other way round, and visitors who
-- have rows in a log and none in users.
WITH named (glue_user_id, name, timestamp, event_id, kind) AS (
  SELECT i.glue_user_id, t.key, i.timestamp, i.event_id, i.kind FROM identities i, json_each(i.traits) t
  WHERE json_type(i.traits) = 'object' AND typeof(t.key) = 'text')
SELECT 'stray' AS what, glue_user_id, name, timestamp, event_id, kind FROM (
  SELECT glue_user_id, name, timestamp, event_id, kind FROM traits EXCEPT SELECT * FROM named)
UNION ALL
SELECT 'unnamed', l.glue_user_id, l.name, '', l.event_id, l.kind FROM long_traits l
WHERE NOT EXISTS (
  SELECT 1 FROM identities i JOIN traits t ON t.glue_user_id = i.glue_user_id AND t.name = l.name AND t.timestamp = i.timestamp AND t.event_id = i.event_id AND t.kind = i.kind
  WHERE i.event_id = l.event_id AND i.kind = l.kind AND i.glue_user_id = l.glue_user_id AND t.value IS NULL)
UNION ALL
SELECT 'span', glue_user_id, NULL, timestamp, event_id, kind FROM (
  SELECT *, name IS NOT lag(name) OVER (PARTITION BY glue_user_id ORDER BY timestamp, event_id, kind) AS begins
  FROM identities WHERE name IS NOT NULL) WHERE starts <> begins
UNION ALL
SELECT 'span', glue_user_id, NULL, timestamp, event_id, kind FROM identities WHERE starts = 1 AND name IS NULL
UNION ALL
SELECT 'visitor', glue_user_id, NULL, '', '', '' FROM (
  SELECT glue_user_id FROM events UNION SELECT glue_user_id FROM identities WHERE taken_back IS NULL EXCEPT SELECT glue_user_id FROM users);
