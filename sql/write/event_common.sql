-- The common event: of an id never seen, without a twin. Any other gets no event_id, which
-- breaks a constraint, and event.sql runs. Were this a SELECT with a WHERE, SQLite would copy the row into a table of its own first, because
-- the guards read the table that is written: half of the price of the insert. OR IGNORE would hold for the statements of the owner's triggers
-- too, and pass over what they refuse.
INSERT INTO events
  (event_id, glue_user_id, session_id, event, timestamp, properties, email, user_id, name, claim, context, touch, touch_counts, touch_trusted, fingerprint,
   trusted, source, created_at, server_made, host, path, device, browser, os, country, bot)
VALUES (
  CASE WHEN NOT EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id)
    AND (@server_made = 1 OR NOT EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id <> @user AND kind = 'identify'))
    AND NOT EXISTS (
      SELECT c.id FROM events c
      WHERE c.timestamp = @timestamp AND c.fingerprint = @fingerprint AND c.server_made = 1 - @server_made AND c.live_event_id IS NULL AND c.glue_user_id = @user
      ORDER BY c.id LIMIT 1) THEN @event_id END,
  @user, @session_id, @event, @timestamp, @properties, @email, @account, @name, @claim, @context, @touch, @touch_counts,
  @trusted * (@touch IS NOT NULL), @fingerprint, @trusted, @source, @received, @server_made, @host, @path, @device, @browser, @os, @country, @bot);

-- Joins what the statement before has inserted; without that it would have no visitor, and fail.
INSERT INTO users (glue_user_id, first_seen, last_seen, attribution, first_touch_key, last_touch_key, created_at, updated_at, logged)
VALUES (
  CASE WHEN changes() = 1 THEN @user END, @timestamp, @timestamp,
  CASE WHEN @touch IS NOT NULL THEN json_object(
    'first_touch', json_set(@touch, '$.timestamp', @timestamp), 'last_touch', json_set(@touch, '$.timestamp', @timestamp)) END,
  CASE WHEN @touch IS NOT NULL THEN @timestamp || ' ' || @event_id END,
  CASE WHEN @touch_counts = 1 THEN @timestamp || ' ' || @event_id END,
  @received, @received, 1)
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
  updated_at = excluded.updated_at
WHERE users.logged = 1
  AND (excluded.attribution IS NOT NULL OR excluded.first_seen < coalesce(users.first_seen, '~') OR excluded.last_seen > coalesce(users.last_seen, ''));
