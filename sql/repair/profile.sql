-- Makes a profile anew from its logs.
UPDATE users SET (email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key
  FROM derived_profiles WHERE glue_user_id = @user), updated_at = @now
WHERE glue_user_id = @user AND logged = 1;
