-- Run on D1 before its export. An export writes numbers as doubles, which would lose the last bits of a 64-bit fingerprint.
-- from-d1.sql reads the exact values from the table that this script makes.
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
