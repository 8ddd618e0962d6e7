-- What the fingerprint of each event was made of. A row that was inserted by hand has none.
-- As text, since D1 returns numbers as doubles.
SELECT event_id || ' of ' || glue_user_id AS name, CAST(fingerprint AS TEXT) AS fingerprint, glue_user_id, timestamp, session_id, event, properties
FROM events WHERE fingerprint IS NOT NULL;
