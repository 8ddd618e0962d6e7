-- Whether a browser has identified itself by a name from a place on.
SELECT EXISTS (
  SELECT 1 FROM identities WHERE glue_user_id = @user AND name = @name AND name IS NOT NULL AND (timestamp, event_id) >= (@time, @id) AND kind = 'identify') AS is_named;
