-- The claims that name an e-mail and no account, those after one, browser by browser.
SELECT event_id, kind, glue_user_id, timestamp, email, user_id, trusted, source, claim FROM identities
WHERE email_key = @name AND claim = 1 AND user_id IS NULL
  AND (glue_user_id, timestamp, event_id, kind) > (@user, @timestamp, @eventId, @kind)
ORDER BY glue_user_id, timestamp, event_id, kind LIMIT @most;
