-- The people and browsers whose account, e-mail or id begins with a text; of an e-mail that belongs to an account, the account.
SELECT 'browser:' || glue_user_id AS name FROM users WHERE glue_user_id LIKE @browser ESCAPE '!'
UNION
SELECT coalesce('account:' || a.user_id, n.name) FROM (
  SELECT name FROM identities WHERE name LIKE @email ESCAPE '!' OR name LIKE @account ESCAPE '!'
  UNION
  SELECT name FROM events WHERE name IS NOT NULL AND (name LIKE @email ESCAPE '!' OR name LIKE @account ESCAPE '!')
  UNION
  SELECT 'email:' || email_key FROM email_accounts WHERE 'email:' || email_key LIKE @email ESCAPE '!') n
LEFT JOIN email_accounts a ON n.name LIKE 'email:%' AND a.email_key = substr(n.name, 7);
