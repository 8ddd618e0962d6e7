-- Rows of traits and long values that no identity names, e-mails that are marked as another than the one before them and are not, or the other way round, and visitors
-- who have rows in a log and none in users.
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
SELECT 'e-mail', glue_user_id, NULL, timestamp, event_id, kind FROM (
  SELECT *, email_key IS NOT lag(email_key) OVER (PARTITION BY glue_user_id ORDER BY timestamp, event_id, kind) AS starts
  FROM identities WHERE naming = 'email') WHERE email_starts <> starts
UNION ALL
SELECT 'e-mail', glue_user_id, NULL, timestamp, event_id, kind FROM identities WHERE email_starts = 1 AND naming IS NOT 'email'
UNION ALL
SELECT 'visitor', glue_user_id, NULL, '', '', '' FROM (
  SELECT glue_user_id FROM events UNION SELECT glue_user_id FROM identities EXCEPT SELECT glue_user_id FROM users);
