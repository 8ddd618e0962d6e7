-- The identifications by a name, those after one, browser by browser.
SELECT event_id, kind, glue_user_id, timestamp, email, user_id, trusted, source, claim FROM identities
WHERE name = @name AND name IS NOT NULL
  AND (glue_user_id, timestamp, event_id, kind) > (@user, @timestamp, @eventId, @kind)
ORDER BY glue_user_id, timestamp, event_id, kind LIMIT @most;
