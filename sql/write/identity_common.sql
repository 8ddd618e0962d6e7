-- The common identification or synced profile: of an id never seen, the newest of a visitor whose profile is new or has its log, with few traits. Any other gets no
-- event_id, which breaks a constraint, and identity.sql runs. Why it has this form, event_common.sql tells. Answers identified.
INSERT INTO identities
  (event_id, glue_user_id, kind, timestamp, email, email_key, traits, context, first_seen, last_seen, touch, touch_counts, fingerprint, created_at)
VALUES (
  CASE WHEN @kind IN ('identify', 'sync')
    AND NOT (@kind = 'identify' AND EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user))
    AND NOT EXISTS (
      SELECT 1 FROM users WHERE glue_user_id = @user AND (logged = 0 OR length(coalesce(traits, '')) + length(coalesce(@traits, '')) >= 5000))
    AND length(coalesce(@traits, '')) < 5000
    AND NOT EXISTS (
      SELECT 1 FROM identities
      WHERE glue_user_id = @user AND (timestamp, event_id, kind) > (@timestamp, @event_id, @kind) AND kind IN ('base', 'identify', 'sync')) THEN @event_id END,
  @user, @kind, @timestamp, @email, @email_key, @traits, @context, @first_seen, @last_seen, @touch, @touch_counts, @fingerprint, @received);

-- Was the profile identified before? Answers identified.
SELECT EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user AND identified = 1)
  OR EXISTS (
    SELECT 1 FROM identities WHERE glue_user_id = @user AND email IS NOT NULL AND (event_id, kind) <> (@event_id, @kind)) AS identified;

-- Joins it onto the profile: times and touches, and what it says of who the visitor is, since none is newer.
INSERT INTO users
  (glue_user_id, first_seen, last_seen, attribution, first_touch_key, last_touch_key, created_at, updated_at, logged, traits, email, identified, identified_at)
VALUES (
  CASE WHEN changes() = 1 THEN @user END, @first_seen, @last_seen,
  CASE WHEN @touch IS NOT NULL THEN json_object(
    'first_touch', json_set(@touch, '$.timestamp', @timestamp), 'last_touch', json_set(@touch, '$.timestamp', @timestamp)) END,
  CASE WHEN @touch IS NOT NULL THEN @timestamp || ' ' || @event_id END,
  CASE WHEN @touch_counts = 1 THEN @timestamp || ' ' || @event_id END,
  @received, @received, 1,
  CASE WHEN @traits IS NULL OR @traits = '{}' THEN '{}' ELSE json_patch('{}', @traits) END, @email, @email IS NOT NULL,
  -- The e-mail keeps the time since when the profile has it.
  CASE WHEN @email IS NOT NULL AND @email_key IS NOT (
    SELECT p.email_key FROM identities p
    WHERE p.glue_user_id = @user AND p.email IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (@timestamp, @event_id, @kind)
    ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1) THEN @timestamp END)
ON CONFLICT (glue_user_id) DO UPDATE SET
  first_seen = coalesce(min(users.first_seen, excluded.first_seen), users.first_seen, excluded.first_seen),
  last_seen = coalesce(max(users.last_seen, excluded.last_seen), users.last_seen, excluded.last_seen),
  -- The first touch is the least by (time, event_id, touch), the last the greatest of those that count, or else the first.
  attribution = CASE
    WHEN excluded.attribution IS NULL THEN users.attribution
    ELSE json_object(
      'first_touch', json(CASE
        WHEN users.first_touch_key IS NULL
          OR (excluded.first_touch_key, excluded.attribution ->> 'first_touch') <= (users.first_touch_key, users.attribution ->> 'first_touch')
          THEN excluded.attribution ->> 'first_touch'
        ELSE users.attribution ->> 'first_touch' END),
      'last_touch', json(CASE
        WHEN excluded.last_touch_key IS NOT NULL AND (users.last_touch_key IS NULL
          OR (excluded.last_touch_key, excluded.attribution ->> 'last_touch') >= (users.last_touch_key, users.attribution ->> 'last_touch'))
          THEN excluded.attribution ->> 'last_touch'
        WHEN users.last_touch_key IS NOT NULL THEN users.attribution ->> 'last_touch'
        WHEN users.first_touch_key IS NULL
          OR (excluded.first_touch_key, excluded.attribution ->> 'first_touch') <= (users.first_touch_key, users.attribution ->> 'first_touch')
          THEN excluded.attribution ->> 'first_touch'
        ELSE users.attribution ->> 'first_touch' END)) END,
  first_touch_key = CASE
    WHEN excluded.first_touch_key IS NOT NULL AND (users.first_touch_key IS NULL
      OR (excluded.first_touch_key, excluded.attribution ->> 'first_touch') <= (users.first_touch_key, users.attribution ->> 'first_touch'))
      THEN excluded.first_touch_key
    ELSE users.first_touch_key END,
  last_touch_key = CASE
    WHEN excluded.last_touch_key IS NOT NULL AND (users.last_touch_key IS NULL
      OR (excluded.last_touch_key, excluded.attribution ->> 'last_touch') >= (users.last_touch_key, users.attribution ->> 'last_touch'))
      THEN excluded.last_touch_key
    ELSE users.last_touch_key END,
  traits = CASE
    WHEN @traits IS NULL OR @traits = '{}' THEN coalesce(users.traits, '{}')
    ELSE json_patch(coalesce(users.traits, '{}'), @traits) END,
  email = coalesce(excluded.email, users.email),
  identified = CASE WHEN excluded.email IS NULL THEN users.identified ELSE 1 END,
  identified_at = coalesce(excluded.identified_at, users.identified_at),
  updated_at = excluded.updated_at
WHERE users.logged = 1;
