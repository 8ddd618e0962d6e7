-- An event with an id of the client's own. Of two reports of one id the one that is least by (time, fingerprint) stands whole. E-mail, context and
-- touch, which one report may have and another lack, are the least that any of them has. An id that another visitor has used changes nothing.

-- Whose id is it, and is it known? Answers stolen and known.
SELECT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user) AS stolen,
  EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id AND glue_user_id = @user) AS known;

-- A row of users that was inserted by hand has no log: what it says becomes the first rows of one.
INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, email_key, traits, first_seen, last_seen, touch, touch_counts, created_at)
SELECT glue_user_id, '', kind, coalesce(timestamp, @received), email, email_key, traits, first_seen, last_seen, touch, touch_counts, @received
FROM base_rows WHERE glue_user_id = @user
  AND NOT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user)
ON CONFLICT DO NOTHING;

-- The profile is stale when this report is earlier than the one that stands, when it tells of another touch, or when it renames an event whose
-- touch the profile may have: all that joining alone could not put right.
UPDATE users SET stale = stale | 2
WHERE glue_user_id = @user AND stale < 2
  AND (EXISTS (
      SELECT 1 FROM events e
      WHERE e.event_id = @event_id AND e.glue_user_id = @user
        AND ((e.timestamp, coalesce(e.fingerprint, @fingerprint)) > (@timestamp, @fingerprint) OR e.touch <> @touch))
    OR EXISTS (
      SELECT 1 FROM events e WHERE e.id = (
        SELECT c.id FROM events c
        WHERE c.timestamp = @timestamp AND c.fingerprint = @fingerprint AND c.server_made = 1 AND c.live_event_id IS NULL AND c.glue_user_id = @user
        ORDER BY c.id LIMIT 1) AND (e.touch IS NOT NULL OR @touch IS NOT NULL)))
  AND NOT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user);

-- The same event was reported live, without an id: it takes this id, and keeps the one that the server made as live_event_id. Answers claimed.
UPDATE events SET live_event_id = event_id, event_id = @event_id, server_made = 0
WHERE id = (
  SELECT c.id FROM events c
  WHERE c.timestamp = @timestamp AND c.fingerprint = @fingerprint AND c.server_made = 1 AND c.live_event_id IS NULL AND c.glue_user_id = @user
  ORDER BY c.id LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id AND glue_user_id = @user)
  AND NOT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user)
RETURNING event_id AS claimed;

-- The event itself. An id that the server has made is the client's own once the client has sent it back.
INSERT INTO events
  (event_id, glue_user_id, session_id, event, timestamp, properties, email, context, touch, touch_counts, fingerprint, created_at, server_made)
SELECT @event_id, @user, @session_id, @event, @timestamp, @properties, @email, @context, @touch, @touch_counts, @fingerprint, @received, 0
WHERE NOT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user)
  AND NOT EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id)
ON CONFLICT (event_id) DO UPDATE SET
  (session_id, event, properties, timestamp, fingerprint) = (
    SELECT
      CASE WHEN wins THEN excluded.session_id ELSE events.session_id END, CASE WHEN wins THEN excluded.event ELSE events.event END,
      CASE WHEN wins THEN excluded.properties ELSE events.properties END, CASE WHEN wins THEN excluded.timestamp ELSE events.timestamp END,
      CASE WHEN wins THEN excluded.fingerprint ELSE events.fingerprint END
    FROM (SELECT (excluded.timestamp, excluded.fingerprint) < (events.timestamp, coalesce(events.fingerprint, excluded.fingerprint)) AS wins)),
  email = coalesce(min(events.email, excluded.email), events.email, excluded.email),
  context = coalesce(min(events.context, excluded.context), events.context, excluded.context),
  -- A touch that counts beats one that does not. Between equals the lesser text stands.
  (touch_counts, touch) = (
    SELECT CASE WHEN wins THEN excluded.touch_counts ELSE events.touch_counts END, CASE WHEN wins THEN excluded.touch ELSE events.touch END
    FROM (SELECT events.touch IS NULL OR (excluded.touch_counts, events.touch) > (events.touch_counts, excluded.touch) AS wins)),
  server_made = 0
WHERE events.server_made = 1 OR (excluded.timestamp, excluded.fingerprint) < (events.timestamp, coalesce(events.fingerprint, excluded.fingerprint))
  OR excluded.email <> coalesce(events.email, '') OR excluded.context <> coalesce(events.context, '') OR excluded.touch <> coalesce(events.touch, '');

-- What the event adds to the profile: times and touches. A row that was inserted by hand has its log by now, and is derived from it.
INSERT INTO users (glue_user_id, first_seen, last_seen, attribution, first_touch_key, last_touch_key, created_at, updated_at, logged)
SELECT l.glue_user_id, l.timestamp, l.timestamp,
  CASE WHEN l.touch IS NOT NULL THEN json_object(
    'first_touch', json_set(l.touch, '$.timestamp', l.timestamp), 'last_touch', json_set(l.touch, '$.timestamp', l.timestamp)) END,
  CASE WHEN l.touch IS NOT NULL THEN l.timestamp || ' ' || l.event_id END,
  CASE WHEN l.touch_counts = 1 THEN l.timestamp || ' ' || l.event_id END,
  @received, @received, 1
FROM events l WHERE l.event_id = @event_id AND l.glue_user_id = @user
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
