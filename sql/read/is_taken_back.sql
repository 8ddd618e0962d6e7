-- Whether an identification of a browser by this name, or with this e-mail, was taken back, and no other that the browser has sent says the same.
SELECT EXISTS (SELECT 1 FROM identities WHERE glue_user_id = @user AND taken_back IS NOT NULL AND (taken_back = @name OR taken_email = @email))
  AND NOT EXISTS (SELECT 1 FROM identities WHERE name = @name AND name IS NOT NULL AND glue_user_id = @user AND kind = 'identify')
  AND NOT EXISTS (SELECT 1 FROM identities WHERE glue_user_id = @user AND name IS NOT NULL AND kind = 'identify' AND email_key = @email) AS is_taken_back;
