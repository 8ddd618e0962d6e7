-- Whether somebody has put in rows by hand that are not adopted yet.
SELECT EXISTS (SELECT 1 FROM events WHERE fingerprint IS NULL) OR EXISTS (SELECT 1 FROM identities WHERE fingerprint IS NULL)
  OR EXISTS (SELECT 1 FROM users WHERE logged = 0);
