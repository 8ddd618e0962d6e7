-- Rows of sessions in a range, behind a row, at most so many: each as a JSON object.
SELECT id, json_object(
  'glue_user_id', glue_user_id, 'session_id', session_id, 'data', iif(json_valid(data), json(data), data), 'synced_at', synced_at,
  'created_at', created_at, 'updated_at', updated_at) AS json
FROM sessions
WHERE id > @after AND synced_at >= @from AND synced_at < @to
ORDER BY id LIMIT @most;
