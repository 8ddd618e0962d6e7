-- How many events name an e-mail and no account themselves, and from when to when.
SELECT count(*) AS count, min(timestamp) AS first, max(timestamp) AS last FROM events WHERE email_key = @value AND email_key IS NOT NULL AND user_id IS NULL AND claim = 0 AND id <= @snapshot;
