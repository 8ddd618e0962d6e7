-- An event, with an id of the client's own or one that the server has made. Of several reports of one id the one that is least by (trusted first,
-- time, fingerprint, source, properties) stands; one fingerprint has several spellings. E-mail, account and context, which one report may have and
-- another lack, are the least that any report of the same trust has, and so are its page and with what its visitor came; a touch is taken from a
-- public report where no trusted one has any.
-- An event that was tracked live, without an id, and one that has an id are the same event when they tell the same and no other has met it.

-- A trusted write has its id whoever came first: a public event of another visitor (@owner, whom an earlier run has answered) stands under
-- an id of its own from now on.
UPDATE events SET
  event_id = CASE WHEN event_id = @event_id THEN @owner_id ELSE event_id END,
  live_event_id = CASE WHEN live_event_id = @event_id THEN @owner_id ELSE live_event_id END
WHERE glue_user_id = @owner AND (event_id = @event_id OR live_event_id = @event_id) AND trusted < @trusted
  AND NOT EXISTS (SELECT 1 FROM event_ids WHERE event_id = @owner_id);
UPDATE users SET (attribution, first_touch_key, last_touch_key) = (
  SELECT attribution, first_touch_key, last_touch_key FROM derived_profiles WHERE glue_user_id = @owner)
WHERE glue_user_id = @owner AND logged = 1 AND changes() = 1;

-- Is it known, and is the id another visitor's? That of a trusted write outranks a public one, that of an equal is taken. Answers known,
-- outranked, taken, and the owner of a public event that stands in the way of a trusted one.
SELECT EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id AND glue_user_id = @user) AS known,
  EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND trusted > @trusted) AS outranked,
  EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND trusted = @trusted) AS taken,
  (SELECT glue_user_id FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND is_event = 1 AND trusted < @trusted LIMIT 1) AS owner;

-- The same event was reported the other way: the client's id takes the place of the server's, which stays known. Answers stands_as.
UPDATE events SET
  live_event_id = CASE WHEN @server_made = 1 THEN @event_id ELSE event_id END,
  event_id = CASE WHEN @server_made = 1 THEN event_id ELSE @event_id END,
  server_made = 0
WHERE id = (
  SELECT c.id FROM events c
  WHERE c.timestamp = @timestamp AND c.fingerprint = @fingerprint AND c.server_made = 1 - @server_made AND c.live_event_id IS NULL AND c.glue_user_id = @user
  ORDER BY c.id LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id AND glue_user_id = @user)
  AND NOT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (is_event = 1 OR trusted >= @trusted))
RETURNING event_id AS stands_as;

-- The event itself, where it is new.
INSERT INTO events
  (event_id, glue_user_id, session_id, event, timestamp, properties, email, user_id, name, claim, context, touch, touch_counts, touch_trusted, fingerprint,
   trusted, source, created_at, server_made, host, path, device, browser, os, country, bot)
SELECT @event_id, @user, @session_id, @event, @timestamp, @properties, @email, @account, @name, @claim, @context, @touch, @touch_counts,
  @trusted * (@touch IS NOT NULL), @fingerprint, @trusted, @source, @received, @server_made, @host, @path, @device, @browser, @os, @country, @bot
WHERE NOT EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id)
  AND NOT EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (is_event = 1 OR trusted >= @trusted));

-- Its visitor.
INSERT INTO users (glue_user_id, created_at, updated_at, logged)
SELECT @user, @received, @received, 1 WHERE EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id AND glue_user_id = @user)
ON CONFLICT DO NOTHING;

-- What this report changes in the one that stands.
UPDATE events SET
  session_id = CASE WHEN m.wins THEN @session_id ELSE events.session_id END,
  event = CASE WHEN m.wins THEN @event ELSE events.event END,
  timestamp = CASE WHEN m.wins THEN @timestamp ELSE events.timestamp END,
  properties = CASE WHEN m.wins THEN @properties ELSE events.properties END,
  fingerprint = CASE WHEN m.wins THEN @fingerprint ELSE events.fingerprint END,
  source = CASE WHEN m.wins THEN @source ELSE events.source END,
  email = m.its_email,
  user_id = m.its_account,
  name = CASE
    WHEN m.is_claim = 1 THEN NULL
    WHEN m.its_account IS NOT NULL THEN 'account:' || m.its_account
    WHEN m.its_email IS @email THEN 'email:' || @email_key
    ELSE events.name END,
  context = CASE WHEN m.above > 0 THEN @context WHEN m.above < 0 THEN events.context ELSE coalesce(min(events.context, @context), events.context, @context) END,
  claim = m.is_claim,
  host = CASE WHEN m.above > 0 THEN @host WHEN m.above < 0 THEN events.host ELSE coalesce(min(events.host, @host), events.host, @host) END,
  path = CASE WHEN m.above > 0 THEN @path WHEN m.above < 0 THEN events.path ELSE coalesce(min(events.path, @path), events.path, @path) END,
  device = CASE WHEN m.above > 0 THEN @device WHEN m.above < 0 THEN events.device ELSE coalesce(min(events.device, @device), events.device, @device) END,
  browser = CASE WHEN m.above > 0 THEN @browser WHEN m.above < 0 THEN events.browser ELSE coalesce(min(events.browser, @browser), events.browser, @browser) END,
  os = CASE WHEN m.above > 0 THEN @os WHEN m.above < 0 THEN events.os ELSE coalesce(min(events.os, @os), events.os, @os) END,
  country = CASE WHEN m.above > 0 THEN @country WHEN m.above < 0 THEN events.country ELSE coalesce(min(events.country, @country), events.country, @country) END,
  bot = CASE WHEN m.above > 0 THEN @bot WHEN m.above < 0 THEN events.bot ELSE max(events.bot, @bot) END,
  touch = CASE WHEN m.touches THEN @touch ELSE events.touch END,
  touch_counts = CASE WHEN m.touches THEN @touch_counts ELSE events.touch_counts END,
  touch_trusted = CASE WHEN m.touches THEN @trusted ELSE events.touch_trusted END,
  trusted = max(events.trusted, @trusted),
  server_made = min(events.server_made, @server_made)
FROM (
  SELECT e.id, @trusted - e.trusted AS above,
    CASE WHEN @trusted > e.trusted THEN @email WHEN @trusted < e.trusted THEN e.email ELSE coalesce(min(e.email, @email), e.email, @email) END AS its_email,
    CASE WHEN @trusted > e.trusted THEN @account WHEN @trusted < e.trusted THEN e.user_id ELSE coalesce(min(e.user_id, @account), e.user_id, @account) END AS its_account,
    -- What was decided stays when the setting changes.
    CASE WHEN @trusted > e.trusted OR (@trusted = e.trusted AND coalesce(e.email, e.user_id) IS NULL) THEN @claim ELSE e.claim END AS is_claim,
    (1 - @trusted, @timestamp, @fingerprint, @source, @properties)
      < (1 - e.trusted, e.timestamp, coalesce(e.fingerprint, @fingerprint), e.source, coalesce(e.properties, @properties)) AS wins,
    -- A trusted touch beats a public one, one that counts one that does not. Between equals the lesser text stands.
    @touch IS NOT NULL AND (e.touch IS NULL OR (@trusted, @touch_counts, e.touch) > (e.touch_trusted, e.touch_counts, @touch)) AS touches
  FROM events e WHERE (e.event_id = @event_id OR e.live_event_id = @event_id) AND e.glue_user_id = @user) m
WHERE events.id = m.id AND (m.wins OR m.touches OR events.server_made > @server_made
  OR (m.above = 0 AND (@email < coalesce(events.email, @email || '~') OR @account < coalesce(events.user_id, @account || '~')
    OR @context < coalesce(events.context, @context || '~') OR @host < coalesce(events.host, @host || '~') OR @path < coalesce(events.path, @path || '~') OR @device < coalesce(events.device, @device || '~')
    OR @browser < coalesce(events.browser, @browser || '~') OR @os < coalesce(events.os, @os || '~') OR @country < coalesce(events.country, @country || '~')
    OR @bot > events.bot)));

-- The times and touches of the profile, where they may be others by now.
UPDATE users SET (first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT first_seen, last_seen, attribution, first_touch_key, last_touch_key FROM derived_profiles WHERE glue_user_id = @user),
  updated_at = @received
WHERE glue_user_id = @user AND logged = 1
  AND EXISTS (SELECT 1 FROM event_ids WHERE event_id = @event_id AND glue_user_id = @user)
  AND (changes() = 1
    OR EXISTS (
      SELECT 1 FROM events e WHERE (e.event_id = @event_id OR e.live_event_id = @event_id) AND e.glue_user_id = @user
        AND (e.touch IS NOT NULL OR e.timestamp < coalesce(users.first_seen, '~') OR e.timestamp > coalesce(users.last_seen, ''))));
