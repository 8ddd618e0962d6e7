-- The identifications that an id names, those that were taken back too: of one browser, or of all (NULL).
SELECT glue_user_id, kind, taken_back IS NOT NULL AS is_taken FROM identities
WHERE event_id = @eventId AND kind IN ('identify', 'sync') AND (name IS NOT NULL OR claim = 1 OR taken_back IS NOT NULL)
  AND (@user IS NULL OR glue_user_id = @user)
ORDER BY glue_user_id, kind;
