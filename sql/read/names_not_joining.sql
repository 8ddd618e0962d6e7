-- The accounts and e-mails that identifications claim or have named before they were taken back.
SELECT DISTINCT coalesce('account:' || user_id, 'email:' || email_key) AS name FROM identities WHERE claim = 1
UNION
SELECT DISTINCT taken_back FROM identities WHERE taken_back IS NOT NULL;
