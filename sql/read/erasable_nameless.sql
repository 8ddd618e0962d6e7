-- Rows of the identity log of a browser between two places, the second left out, that name nobody: profiles of syncs, touches, and on request what was taken back.
SELECT id, glue_user_id, timestamp, event_id FROM identities
WHERE glue_user_id = @user AND name IS NULL AND claim = 0 AND (timestamp, event_id) >= (@startTime, @startId) AND (timestamp, event_id) < (@endTime, @endId)
  AND (@whole = 1 OR taken_back IS NULL)
LIMIT @most;
