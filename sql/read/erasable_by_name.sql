-- Rows of the identity log, before a place, that name an account or an e-mail, claim to, or were taken back.
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE name = @name AND name IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
UNION ALL
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE claim = 1 AND user_id = @account AND user_id IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
UNION ALL
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE claim = 1 AND email_key = @email AND email_key IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
UNION ALL
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE (taken_back = @name OR 'email:' || taken_email = @name) AND taken_back IS NOT NULL
LIMIT @most;
