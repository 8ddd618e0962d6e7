-- The common row: of an id never seen. It names nobody, or comes after all that do,
-- and has the traits that the profile shows, or the first, none of them long. Any other gets no event_id, which breaks a constraint, and
-- identity.sql runs. Why it has this form, event_common.sql tells.
INSERT INTO identities
  (event_id, glue_user_id, kind, timestamp, email, email_key, user_id, name, claim, starts, traits, context, first_seen, last_seen, touch, touch_counts,
   fingerprint, trusted, source, created_at)
VALUES (
  CASE WHEN NOT (@kind = 'identify' AND EXISTS (
      SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))))
    AND NOT EXISTS (
      SELECT 1 FROM identities
      WHERE glue_user_id = @user AND name IS NOT NULL AND (timestamp, event_id, kind) > (@timestamp, @event_id, @kind) AND @name IS NOT NULL)
    AND octet_length(@shown) <= 65536 AND @long_traits = '{}'
    AND (@trait_values = '{}' OR NOT EXISTS (SELECT 1 FROM traits WHERE glue_user_id = @user)
      OR EXISTS (
        SELECT 1 FROM users
        WHERE glue_user_id = @user AND traits = @shown AND NOT EXISTS (SELECT 1 FROM json_each(@trait_values) WHERE value = 'null'))) THEN @event_id END,
  @user, @kind, @timestamp, @email, @email_key, @account, @name, @claim,
  @name IS NOT NULL AND @name IS NOT (
    SELECT p.name FROM identities p WHERE p.glue_user_id = @user AND p.name IS NOT NULL
    ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1),
  @traits, @context, @first_seen, @last_seen, @touch, @touch_counts, @fingerprint, @trusted, @source, @received);

-- Was the profile identified before? Answers identified.
SELECT EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user AND identified = 1) AS identified;

-- Joins it onto the profile: times and touches, and what it says of who the visitor is.
INSERT INTO users
  (glue_user_id, first_seen, last_seen, attribution, first_touch_key, last_touch_key, created_at, updated_at, logged, traits, email, identified, identified_at)
VALUES (
  CASE WHEN changes() = 1 THEN @user END, @seen_from, @seen_to,
  CASE WHEN @touch IS NOT NULL THEN json_object(
    'first_touch', json_set(@touch, '$.timestamp', @timestamp), 'last_touch', json_set(@touch, '$.timestamp', @timestamp)) END,
  CASE WHEN @touch IS NOT NULL THEN @timestamp || ' ' || @event_id END,
  CASE WHEN @touch_counts = 1 THEN @timestamp || ' ' || @event_id END,
  @received, @received, 1,
  @shown,
  CASE WHEN @name IS NOT NULL THEN @email END, @name IS NOT NULL, CASE WHEN @name IS NOT NULL THEN @timestamp END)
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
  traits = CASE WHEN @trait_values = '{}' THEN coalesce(users.traits, '{}') ELSE excluded.traits END,
  email = coalesce(excluded.email, users.email),
  identified = max(users.identified, excluded.identified),
  -- Since when it has been the same.
  identified_at = CASE
    WHEN EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind AND starts = 1) THEN excluded.identified_at
    ELSE users.identified_at END,
  updated_at = excluded.updated_at
WHERE users.logged = 1;

-- The keys of its traits: each with its value.
INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, value)
SELECT @user, t.key, @timestamp, @event_id, @kind, t.value FROM json_each(@trait_values) t WHERE true
ON CONFLICT DO NOTHING;
