-- The profiles that carry an e-mail in any spelling, the one seen last first. The key of nearly every e-mail is its lower case, which NOCASE finds; the log has
-- the others.
SELECT glue_user_id FROM (
  SELECT u.glue_user_id, u.last_seen FROM users u WHERE u.email COLLATE NOCASE IN (@email, @key)
  UNION
  SELECT u.glue_user_id, u.last_seen
  FROM identities i JOIN users u ON u.glue_user_id = i.glue_user_id AND u.email = i.email
  WHERE i.email_key = @key AND i.email_key <> lower(i.email))
ORDER BY last_seen DESC, glue_user_id;
