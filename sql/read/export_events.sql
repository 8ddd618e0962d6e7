-- Rows of events in a range, behind a row and up to another, at most so many: each as a JSON object.
SELECT id, json_object(
  'event_id', event_id, 'glue_user_id', glue_user_id, 'session_id', session_id, 'event', event, 'timestamp', timestamp, 'email', email,
  'user_id', user_id, 'properties', iif(json_valid(properties), json(properties), properties),
  'context', iif(json_valid(context), json(context), context), 'touch', iif(json_valid(touch), json(touch), touch), 'host', host, 'path', path,
  'device', device, 'browser', browser, 'os', os, 'country', country, 'bot', bot, 'claim', claim, 'trusted', trusted, 'source', source,
  'created_at', created_at) AS json
FROM events
WHERE id > @after AND id <= @last AND timestamp >= @from AND timestamp < @to
ORDER BY id LIMIT @most;
