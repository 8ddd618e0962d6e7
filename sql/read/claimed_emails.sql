-- The keys of the e-mails that identifications claim alone, those after one.
SELECT DISTINCT email_key FROM identities WHERE email_key > @after AND claim = 1 AND user_id IS NULL ORDER BY email_key LIMIT @most;
