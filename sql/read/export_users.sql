-- Rows of users in a range, behind a row, at most so many: each as a JSON object.
SELECT id, json_object(
  'glue_user_id', glue_user_id, 'email', email, 'traits', iif(json_valid(traits), json(traits), traits),
  'attribution', iif(json_valid(attribution), json(attribution), attribution), 'first_seen', first_seen, 'last_seen', last_seen,
  'identified', identified, 'identified_at', identified_at, 'last_synced', last_synced, 'created_at', created_at, 'updated_at', updated_at) AS json
FROM users
WHERE id > @after AND coalesce(last_seen, created_at) >= @from AND coalesce(first_seen, created_at) < @to
ORDER BY id LIMIT @most;
