-- Whether there is what only a home holds.
SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM identities);
