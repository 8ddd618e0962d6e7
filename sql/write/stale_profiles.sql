-- Ends each transaction: profiles whose past a write has changed are derived from their logs again.

-- Bit 1: e-mail and traits.
UPDATE users SET (email, identified, identified_at, traits) = (
  SELECT email, identified, identified_at, traits FROM derived_profiles WHERE glue_user_id = users.glue_user_id)
WHERE stale <> 0 AND (stale & 1) = 1;

-- Bit 2: times and touches.
UPDATE users SET (first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT first_seen, last_seen, attribution, first_touch_key, last_touch_key FROM derived_profiles WHERE glue_user_id = users.glue_user_id)
WHERE stale <> 0 AND (stale & 2) = 2;

UPDATE users SET stale = 0, updated_at = @received WHERE stale <> 0;
