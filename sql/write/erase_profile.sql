-- The profile of a browser of which something was erased: what the logs make of it now. Where nothing is left, there is none. Answers count.
UPDATE users SET (email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key
  FROM derived_profiles WHERE glue_user_id = @user),
  updated_at = @now
WHERE glue_user_id = @user AND logged = 1;
DELETE FROM users WHERE glue_user_id = @user
  AND ((logged = 0 AND @whole = 1)
    OR (logged = 1 AND first_seen IS NULL AND first_touch_key IS NULL AND coalesce(traits, '{}') = '{}' AND NOT EXISTS (SELECT 1 FROM sessions WHERE glue_user_id = @user)));
SELECT changes() AS count;
