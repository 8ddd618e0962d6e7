-- The keys of the e-mails that identifications claim, those after one.
SELECT DISTINCT email_key FROM identities WHERE email_key > @after AND claim = 1 AND email_key IS NOT NULL ORDER BY email_key LIMIT @most;
