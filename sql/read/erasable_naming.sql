-- Rows of the identity log of a browser, before a place, that name somebody, or claim to.
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE glue_user_id = @user AND name IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
UNION ALL
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE glue_user_id = @user AND claim = 1 AND (timestamp, event_id) < (@endTime, @endId)
LIMIT @most;
