-- Events that are erased (a JSON array of their row ids), with the sessions that hold them. Answers sessions and count.
SELECT count(*) AS sessions FROM sessions WHERE (glue_user_id, session_id) IN (
  SELECT e.glue_user_id, e.session_id FROM events e WHERE e.id IN (SELECT value FROM json_each(@ids)));
DELETE FROM sessions WHERE (glue_user_id, session_id) IN (
  SELECT e.glue_user_id, e.session_id FROM events e WHERE e.id IN (SELECT value FROM json_each(@ids)));
DELETE FROM events WHERE id IN (SELECT value FROM json_each(@ids));
SELECT changes() AS count;
