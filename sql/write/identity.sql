-- A row of the log that e-mail, traits and identification of a profile follow from: an identification, the profile of a sync, or a touch that such
-- a profile brought. An id is bound to its visitor where an identification brought it; the ids of a sync are its visitor's own affair.

-- Whose id is it, is it known, and was the profile identified before? Answers stolen, known and identified.
SELECT (@kind = 'identify' AND EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user)) AS stolen,
  EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind) AS known,
  (EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user AND identified = 1)
    OR EXISTS (SELECT 1 FROM identities WHERE glue_user_id = @user AND email IS NOT NULL)) AS identified;

-- A row of users that was inserted by hand has no log: what it says becomes the first rows of one.
INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, email_key, traits, first_seen, last_seen, touch, touch_counts, created_at)
SELECT glue_user_id, '', kind, coalesce(timestamp, @received), email, email_key, traits, first_seen, last_seen, touch, touch_counts, @received
FROM base_rows WHERE glue_user_id = @user
  AND NOT (@kind = 'identify' AND EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user))
ON CONFLICT DO NOTHING;

-- The profile is stale when an earlier report of the same id is known to be wrong, or when this one belongs before the newest.
UPDATE users SET stale = CASE WHEN EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind) THEN 3 ELSE stale | 1 END
WHERE glue_user_id = @user AND stale < 3
  AND CASE WHEN EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind)
    THEN EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind AND (timestamp, fingerprint) > (@timestamp, @fingerprint))
    ELSE @kind IN ('identify', 'sync') AND EXISTS (
      SELECT 1 FROM identities
      WHERE glue_user_id = @user AND (timestamp, event_id, kind) > (@timestamp, @event_id, @kind) AND kind IN ('base', 'identify', 'sync'))
    END
  AND NOT (@kind = 'identify' AND EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user));

-- The row itself. Of two reports of one id the one that is least by (time, fingerprint) stands.
INSERT INTO identities
  (glue_user_id, event_id, kind, timestamp, email, email_key, traits, context, first_seen, last_seen, touch, touch_counts, fingerprint, created_at)
SELECT @user, @event_id, @kind, @timestamp, @email, @email_key, @traits, @context, @first_seen, @last_seen, @touch, @touch_counts, @fingerprint, @received
WHERE NOT (@kind = 'identify' AND EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user))
ON CONFLICT (event_id, glue_user_id, kind) DO UPDATE SET
  timestamp = excluded.timestamp, email = excluded.email, email_key = excluded.email_key, traits = excluded.traits,
  context = excluded.context, first_seen = excluded.first_seen, last_seen = excluded.last_seen, touch = excluded.touch,
  touch_counts = excluded.touch_counts, fingerprint = excluded.fingerprint
WHERE (excluded.timestamp, excluded.fingerprint) < (identities.timestamp, identities.fingerprint);

-- What the row adds to the profile: times and touches. A row that was inserted by hand has its log by now, and is derived from it.
INSERT INTO users (glue_user_id, first_seen, last_seen, attribution, first_touch_key, last_touch_key, created_at, updated_at, logged)
SELECT l.glue_user_id, l.first_seen, l.last_seen,
  CASE WHEN l.touch IS NOT NULL THEN json_object(
    'first_touch', json_set(l.touch, '$.timestamp', l.timestamp), 'last_touch', json_set(l.touch, '$.timestamp', l.timestamp)) END,
  CASE WHEN l.touch IS NOT NULL THEN l.timestamp || ' ' || l.event_id END,
  CASE WHEN l.touch_counts = 1 THEN l.timestamp || ' ' || l.event_id END,
  @received, @received, 1
FROM identities l WHERE l.event_id = @event_id AND l.glue_user_id = @user AND l.kind = @kind
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
  updated_at = excluded.updated_at,
  stale = CASE WHEN users.logged = 0 THEN 3 ELSE users.stale END,
  logged = 1
WHERE users.logged = 0
  OR excluded.attribution IS NOT NULL OR excluded.first_seen < coalesce(users.first_seen, '~') OR excluded.last_seen > coalesce(users.last_seen, '');

-- The newest row of the log is patched onto the profile. The e-mail keeps the time since when the profile has it.
UPDATE users SET
  traits = CASE
    WHEN i.traits IS NULL OR i.traits = '{}' THEN coalesce(users.traits, '{}')
    WHEN length(coalesce(users.traits, '{}')) + length(i.traits) < 5000 THEN json_patch(coalesce(users.traits, '{}'), i.traits)
    ELSE (
      SELECT CASE
        WHEN length(p.merged) > 65536 THEN coalesce(users.traits, '{}')
        WHEN (length(p.merged) - length(replace(p.merged, '":', ''))) / 2 <= 1000 THEN p.merged
        WHEN (SELECT count(*) FROM json_tree(p.merged) t WHERE typeof(t.key) = 'text') <= 1000 THEN p.merged
        ELSE coalesce(users.traits, '{}') END
      FROM (SELECT json_patch(coalesce(users.traits, '{}'), i.traits) AS merged) p)
    END,
  email = coalesce(i.email, users.email),
  identified = CASE WHEN i.email IS NULL THEN users.identified ELSE 1 END,
  identified_at = CASE
    WHEN i.email IS NULL OR i.email_key = (
      SELECT p.email_key FROM identities p
      WHERE p.glue_user_id = @user AND p.email IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (i.timestamp, i.event_id, i.kind)
      ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1)
    THEN users.identified_at ELSE i.timestamp END,
  updated_at = @received
FROM identities i
WHERE users.glue_user_id = @user AND @kind IN ('identify', 'sync')
  AND i.event_id = @event_id AND i.glue_user_id = @user AND i.kind = @kind
  AND NOT EXISTS (
    SELECT 1 FROM identities n
    WHERE n.glue_user_id = @user AND (n.timestamp, n.event_id, n.kind) > (i.timestamp, i.event_id, i.kind) AND n.kind IN ('base', 'identify', 'sync'));
