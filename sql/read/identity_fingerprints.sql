-- What the fingerprint of each row of the identity log was made of, and its key. A row that was inserted by hand has 0.
-- As text, since D1 returns numbers as doubles.
SELECT kind || ' ' || event_id || ' of ' || glue_user_id AS label, CAST(fingerprint AS TEXT) AS fingerprint, email, user_id, traits, context, first_seen, last_seen, touch,
  glue_user_id, event_id, kind, timestamp, email_key, name, claim
FROM identities;
