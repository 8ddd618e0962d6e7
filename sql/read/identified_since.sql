-- Whether a browser has identified somebody after a time.
SELECT EXISTS (
  SELECT 1 FROM identities WHERE glue_user_id = @user AND name IS NOT NULL AND timestamp > @time AND kind = 'identify') AS is_identified;
