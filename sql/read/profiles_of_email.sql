-- The profiles that carry an e-mail in any case, the one seen last first. NOCASE knows the letters of ASCII alone; the log has the lower case of others.
SELECT glue_user_id FROM (
  SELECT u.glue_user_id, u.last_seen FROM users u WHERE u.email = @email COLLATE NOCASE
  UNION
  SELECT u.glue_user_id, u.last_seen
  FROM identities i JOIN users u ON u.glue_user_id = i.glue_user_id AND u.email = i.email
  WHERE i.email_key = @key AND length(CAST(i.email AS BLOB)) <> length(i.email))
ORDER BY last_seen DESC, glue_user_id;
