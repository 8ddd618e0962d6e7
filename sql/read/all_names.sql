-- The accounts and e-mails that identifications and events name or claim, or that were taken back.
SELECT DISTINCT name FROM identities WHERE name IS NOT NULL
UNION
SELECT DISTINCT name FROM events WHERE name IS NOT NULL
UNION
SELECT DISTINCT coalesce('account:' || user_id, 'email:' || email_key) FROM identities WHERE claim = 1
UNION
SELECT DISTINCT taken_back FROM identities WHERE taken_back IS NOT NULL;
