-- What the fingerprint of each event was made of. A row that was inserted by hand has none.
SELECT event_id || ' of ' || glue_user_id AS name, fingerprint, glue_user_id, timestamp, session_id, event, properties
FROM events WHERE fingerprint IS NOT NULL;
