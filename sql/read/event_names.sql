-- What tells whom an event names itself, and whom it is said to name. A row that was inserted by hand has no fingerprint, and names nobody yet.
SELECT glue_user_id, event_id, timestamp, email, user_id, claim, name FROM events
WHERE fingerprint IS NOT NULL AND (email IS NOT NULL OR user_id IS NOT NULL OR name IS NOT NULL);
