-- The profiles that were inserted by hand with an e-mail and have no log yet.
SELECT glue_user_id FROM users WHERE logged = 0 AND email COLLATE NOCASE = @key AND email IS NOT NULL;
