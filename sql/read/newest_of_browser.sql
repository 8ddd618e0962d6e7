-- The greatest time of what is known of a browser.
SELECT max(
  coalesce((SELECT max(timestamp) FROM events WHERE glue_user_id = @user), ''),
  coalesce((SELECT max(timestamp) FROM identities WHERE glue_user_id = @user AND name IS NOT NULL), ''),
  coalesce((SELECT max(timestamp) FROM identities WHERE glue_user_id = @user AND claim = 1), ''),
  coalesce((SELECT max(timestamp) FROM identities WHERE glue_user_id = @user AND name IS NULL AND claim = 0), ''),
  coalesce((SELECT max(synced_at) FROM sessions WHERE glue_user_id = @user), '')) AS newest;
