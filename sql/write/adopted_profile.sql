-- The profile of a visitor of whom rows by hand have joined the logs. One that was put in by hand itself (@id) has joined them before this.
INSERT INTO users (glue_user_id, created_at, updated_at, logged) VALUES (@user, @received, @received, 1)
ON CONFLICT DO NOTHING;
UPDATE users SET (email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key
  FROM derived_profiles WHERE glue_user_id = @user),
  updated_at = @received, logged = 1
WHERE glue_user_id = @user AND (logged = 1 OR id = @id);
