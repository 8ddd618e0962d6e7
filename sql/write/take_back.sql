-- An identification is taken back: its row stays, so that its id is known, and says nothing but whom it named. All else is as if it had never come.

-- Whoever is named after it has another before him then.
UPDATE identities SET starts = (name IS NOT (
  SELECT p.name FROM identities p
  JOIN identities s ON s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
  WHERE p.glue_user_id = @user AND p.name IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (s.timestamp, s.event_id, s.kind)
  ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1))
WHERE id = (
  SELECT n.id FROM identities n
  JOIN identities s ON s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
  WHERE s.name IS NOT NULL AND n.glue_user_id = @user AND n.name IS NOT NULL AND (n.timestamp, n.event_id, n.kind) > (s.timestamp, s.event_id, s.kind)
  ORDER BY n.timestamp, n.event_id, n.kind LIMIT 1);

-- What it said.
DELETE FROM traits WHERE glue_user_id = @user AND event_id = @event_id AND kind = @kind
  AND name IN (SELECT j.key FROM identities s, json_each(s.traits) j WHERE s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind)
  AND timestamp = (SELECT s.timestamp FROM identities s WHERE s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind);
DELETE FROM long_traits WHERE glue_user_id = @user AND event_id = @event_id AND kind = @kind;
UPDATE identities SET
  taken_email = email_key, taken_back = coalesce(name, 'account:' || user_id, 'email:' || email_key), name = NULL, claim = 0, starts = 0,
  email = NULL, email_key = NULL, user_id = NULL, traits = NULL, context = NULL, first_seen = NULL, last_seen = NULL, touch = NULL, touch_counts = 0,
  timestamp = '', fingerprint = @fingerprint, trusted = 1
WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind AND taken_back IS NULL AND (name IS NOT NULL OR claim = 1);

-- The profile, by its logs; a visitor of whom nothing else is known is none.
UPDATE users SET (email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key
  FROM derived_profiles WHERE glue_user_id = @user),
  updated_at = @received
WHERE glue_user_id = @user AND logged = 1 AND changes() = 1;
DELETE FROM users WHERE glue_user_id = @user AND logged = 1 AND changes() = 1
  AND first_seen IS NULL AND first_touch_key IS NULL AND traits = '{}' AND last_synced IS NULL
  AND NOT EXISTS (SELECT 1 FROM sessions WHERE glue_user_id = @user);
