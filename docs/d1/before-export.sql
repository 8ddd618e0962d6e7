-- Runs on D1, before its export. An export writes every number as a double; a fingerprint has 64 bits, and would lose its last ones.
-- from-d1.sql takes it from here.
DROP TABLE IF EXISTS exact_fingerprints;
CREATE TABLE exact_fingerprints (
  name        TEXT NOT NULL,
  id          INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (name, id)
) STRICT;
INSERT INTO exact_fingerprints (name, id, fingerprint)
SELECT 'events', id, CAST(fingerprint AS TEXT) FROM events WHERE fingerprint IS NOT NULL
UNION ALL
SELECT 'identities', id, CAST(fingerprint AS TEXT) FROM identities;
