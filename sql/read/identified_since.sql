-- Whether a browser has identified somebody from a place on.
SELECT EXISTS (
  SELECT 1 FROM identities WHERE glue_user_id = @user AND name IS NOT NULL AND (timestamp, event_id) >= (@time, @id) AND kind = 'identify') AS is_identified;
