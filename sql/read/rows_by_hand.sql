-- Whether somebody has put in rows by hand that are not adopted yet. Only a bound of the id makes SQLite look into the small indexes.
SELECT EXISTS (SELECT 1 FROM events WHERE fingerprint IS NULL AND id > -9223372036854775808)
  OR EXISTS (SELECT 1 FROM identities WHERE fingerprint IS NULL AND id > -9223372036854775808)
  OR EXISTS (SELECT 1 FROM users WHERE logged = 0 AND id > -9223372036854775808);
