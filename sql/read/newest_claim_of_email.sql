-- The greatest time of the events that claim an e-mail.
SELECT max(timestamp) AS newest FROM events WHERE email COLLATE NOCASE = @email AND claim = 1 AND email IS NOT NULL;
