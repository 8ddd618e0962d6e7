-- Rows of identities in a range, behind a row, at most so many: each as a JSON object.
SELECT id, json_object(
  'event_id', event_id, 'glue_user_id', glue_user_id, 'kind', kind, 'timestamp', timestamp, 'email', email, 'user_id', user_id,
  'traits', iif(json_valid(traits), json(traits), traits), 'context', iif(json_valid(context), json(context), context),
  'touch', iif(json_valid(touch), json(touch), touch), 'claim', claim, 'trusted', trusted, 'source', source, 'created_at', created_at) AS json
FROM identities
WHERE id > @after AND timestamp >= @from AND timestamp < @to AND taken_back IS NULL
ORDER BY id LIMIT @most;
