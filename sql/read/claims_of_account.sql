-- The claims that name an account, those after one, browser by browser.
SELECT event_id, kind, glue_user_id, timestamp, email, user_id, trusted, source, claim FROM identities
WHERE user_id = @name AND claim = 1 AND user_id IS NOT NULL
  AND (glue_user_id, timestamp, event_id, kind) > (@user, @timestamp, @eventId, @kind)
ORDER BY glue_user_id, timestamp, event_id, kind LIMIT @most;
