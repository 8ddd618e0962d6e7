-- Whether an identification of a browser by this name was taken back, and no other that the browser has sent names the same.
SELECT EXISTS (SELECT 1 FROM identities WHERE glue_user_id = @user AND taken_back = @name AND taken_back IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM identities WHERE name = @name AND name IS NOT NULL AND glue_user_id = @user AND kind = 'identify') AS is_taken_back;
