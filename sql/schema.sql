-- The baseline: the documented tables users and events, the logs that a profile follows from, and what a server keeps for itself.
-- Instants are ISO 8601 text in UTC with milliseconds, JSON is text, booleans are 0 and 1.
-- json_valid(NULL) is 0 in older versions of SQLite, so a CHECK says that NULL is allowed.
-- Runs unchanged on SQLite and on Cloudflare D1. Changes in place until the first release; later changes go to sql/migrations.

CREATE TABLE users (
  id              INTEGER PRIMARY KEY,
  glue_user_id    TEXT NOT NULL CHECK (length(glue_user_id) BETWEEN 1 AND 255),
  email           TEXT CHECK (length(email) BETWEEN 1 AND 255),
  traits          TEXT CHECK (traits IS NULL OR json_valid(traits)),
  attribution     TEXT CHECK (attribution IS NULL OR json_valid(attribution)),
  first_seen      TEXT,
  last_seen       TEXT,
  identified      INTEGER DEFAULT 0 CHECK (identified IN (0, 1)),
  identified_at   TEXT,
  created_at      TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at      TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  last_synced     TEXT,
  -- '<timestamp> <event_id>' of the touches in attribution: what a later touch is compared with.
  first_touch_key TEXT,
  last_touch_key  TEXT,
  -- 1: the profile follows from events and identities. 0: inserted by hand, its values stand for a log of their own.
  logged          INTEGER NOT NULL DEFAULT 0 CHECK (logged IN (0, 1)),
  -- Not 0 only inside a transaction: a write changed the past of this profile, which is derived again before the commit.
  -- Bit 1: e-mail and traits. Bit 2: times and touches.
  stale           INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX idx_users_glue_user_id ON users (glue_user_id);
CREATE INDEX idx_users_email ON users (email COLLATE NOCASE) WHERE email IS NOT NULL;
CREATE INDEX idx_users_stale ON users (id) WHERE stale <> 0;

CREATE TABLE events (
  id            INTEGER PRIMARY KEY,
  event_id      TEXT NOT NULL CHECK (length(event_id) BETWEEN 1 AND 255),
  glue_user_id  TEXT NOT NULL CHECK (length(glue_user_id) BETWEEN 1 AND 255),
  session_id    TEXT CHECK (length(session_id) BETWEEN 1 AND 255),
  event         TEXT NOT NULL CHECK (length(event) BETWEEN 1 AND 100),
  timestamp     TEXT NOT NULL,
  properties    TEXT CHECK (properties IS NULL OR json_valid(properties)),
  email         TEXT CHECK (length(email) BETWEEN 1 AND 255),
  created_at    TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  context       TEXT CHECK (context IS NULL OR json_valid(context)),
  -- What this arrival says about its source: the touch keys as JSON, NULL where it says nothing.
  touch         TEXT CHECK (touch IS NULL OR json_valid(touch)),
  -- 1: the touch has a campaign, a click id or an outside referrer.
  touch_counts  INTEGER NOT NULL DEFAULT 0 CHECK (touch_counts IN (0, 1)),
  -- 64-bit hash of user, time, session, event and properties: what makes two reports the same event.
  fingerprint   INTEGER,
  -- 1: tracked without an id, so event_id was made by the server and a later sync may claim the event.
  server_made   INTEGER NOT NULL DEFAULT 0 CHECK (server_made IN (0, 1)),
  -- The id that the server had answered for this event before the client's own id took its place.
  live_event_id TEXT
) STRICT;

CREATE UNIQUE INDEX idx_events_event_id ON events (event_id);
CREATE UNIQUE INDEX idx_events_live_event_id ON events (live_event_id) WHERE live_event_id IS NOT NULL;
CREATE INDEX idx_events_glue_user_id ON events (glue_user_id, timestamp, event_id);
CREATE INDEX idx_events_session_id ON events (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX idx_events_event ON events (event, timestamp);
-- Finds the same event by two ways, too. An index that began with the fingerprint, which is random, would touch another page for each event.
CREATE INDEX idx_events_timestamp ON events (timestamp, fingerprint, server_made, live_event_id);
CREATE INDEX idx_events_email ON events (email COLLATE NOCASE) WHERE email IS NOT NULL;

-- The log that e-mail, traits and identification follow from: one row for each identification, each synced profile,
-- each touch that a synced profile brought, and the values of a row that was inserted by hand ('base').
CREATE TABLE identities (
  id            INTEGER PRIMARY KEY,
  glue_user_id  TEXT NOT NULL CHECK (length(glue_user_id) BETWEEN 1 AND 255),
  event_id      TEXT NOT NULL CHECK (length(event_id) <= 255),
  -- identify, sync, first_touch, last_touch, or base.
  kind          TEXT NOT NULL,
  timestamp     TEXT NOT NULL,
  email         TEXT CHECK (length(email) BETWEEN 1 AND 255),
  -- The e-mail in lower case, by Unicode's rules where the server wrote it.
  email_key     TEXT,
  traits        TEXT CHECK (traits IS NULL OR json_valid(traits)),
  context       TEXT CHECK (context IS NULL OR json_valid(context)),
  first_seen    TEXT,
  last_seen     TEXT,
  touch         TEXT CHECK (touch IS NULL OR json_valid(touch)),
  touch_counts  INTEGER NOT NULL DEFAULT 0 CHECK (touch_counts IN (0, 1)),
  fingerprint   INTEGER NOT NULL DEFAULT 0,
  created_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE UNIQUE INDEX idx_identities_event_id ON identities (event_id, glue_user_id, kind);
CREATE INDEX idx_identities_glue_user_id ON identities (glue_user_id, timestamp, event_id, kind);
CREATE INDEX idx_identities_profile ON identities (glue_user_id, timestamp, event_id, kind) WHERE kind IN ('base', 'identify', 'sync');
CREATE INDEX idx_identities_identified ON identities (glue_user_id, timestamp, event_id, kind) WHERE email IS NOT NULL;
-- NOCASE knows the letters of ASCII alone: an e-mail with others is found here.
CREATE INDEX idx_identities_email_key ON identities (email_key) WHERE length(CAST(email AS BLOB)) <> length(email);

-- Sessions as the browser synced them, whole; of two reports the one with the latest synced_at stands.
CREATE TABLE sessions (
  id            INTEGER PRIMARY KEY,
  glue_user_id  TEXT NOT NULL CHECK (length(glue_user_id) BETWEEN 1 AND 255),
  session_id    TEXT NOT NULL CHECK (length(session_id) BETWEEN 1 AND 255),
  data          TEXT NOT NULL CHECK (json_valid(data)),
  synced_at     TEXT NOT NULL,
  event_id      TEXT NOT NULL DEFAULT '',
  created_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE UNIQUE INDEX idx_sessions_glue_user_id ON sessions (glue_user_id, session_id);

-- What the server keeps for itself, by name.
CREATE TABLE server_state (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Every database is known by an id, made once: an edge relays to one home alone, and knows it again by this.
INSERT INTO server_state (name, value) VALUES ('database_id', lower(hex(randomblob(16))));

-- What an edge has accepted and its home does not have yet, as JSON with the time of receipt and the ids that the edge has made.
-- AUTOINCREMENT, because an id that was given twice would be taken for acknowledged.
CREATE TABLE outbox (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  received TEXT NOT NULL,
  item     TEXT NOT NULL CHECK (json_valid(item)),
  -- How often the home has failed on this item, and when it is tried again, alone.
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try TEXT
) STRICT;

CREATE INDEX idx_outbox_next_try ON outbox (next_try) WHERE attempts > 0;

-- What the home has rejected, and why. It waits for the owner, who may send it again or delete it.
CREATE TABLE outbox_aside (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  received  TEXT NOT NULL,
  item      TEXT NOT NULL CHECK (json_valid(item)),
  put_aside TEXT NOT NULL,
  reason    TEXT NOT NULL
) STRICT;

-- Every id under which an event stands: its own, and the one that it had before a client's own took its place.
CREATE VIEW event_ids (event_id, glue_user_id) AS
SELECT event_id, glue_user_id FROM events
UNION ALL
SELECT live_event_id, glue_user_id FROM events WHERE live_event_id IS NOT NULL;

-- Whose id is this? The ids of a sync are its visitor's own affair.
CREATE VIEW id_owners (event_id, glue_user_id) AS
SELECT event_id, glue_user_id FROM events
UNION ALL
SELECT live_event_id, glue_user_id FROM events WHERE live_event_id IS NOT NULL
UNION ALL
SELECT event_id, glue_user_id FROM identities WHERE kind = 'identify';

-- What a row of users that was inserted by hand says: it has no log, and this becomes the first rows of one.
CREATE VIEW base_rows (glue_user_id, kind, timestamp, email, email_key, traits, first_seen, last_seen, touch, touch_counts) AS
SELECT u.glue_user_id, 'base',
  coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', u.identified_at), strftime('%Y-%m-%dT%H:%M:%fZ', u.first_seen), strftime('%Y-%m-%dT%H:%M:%fZ', u.created_at)),
  u.email, lower(u.email), u.traits, strftime('%Y-%m-%dT%H:%M:%fZ', u.first_seen), strftime('%Y-%m-%dT%H:%M:%fZ', u.last_seen), NULL, 0
FROM users u WHERE u.logged = 0
UNION ALL
SELECT u.glue_user_id, t.kind,
  coalesce(
    strftime('%Y-%m-%dT%H:%M:%fZ', u.attribution -> t.kind ->> 'timestamp'), strftime('%Y-%m-%dT%H:%M:%fZ', u.first_seen),
    strftime('%Y-%m-%dT%H:%M:%fZ', u.created_at)),
  NULL, NULL, NULL, NULL, NULL, json_remove(u.attribution -> t.kind, '$.timestamp'), t.counts
FROM users u JOIN (SELECT 'first_touch' AS kind, 0 AS counts UNION ALL SELECT 'last_touch', 1) t
WHERE u.logged = 0 AND json_type(u.attribution, '$.' || t.kind) = 'object' AND json_remove(u.attribution -> t.kind, '$.timestamp') <> '{}';

-- The first touch of a profile and the last that counts, each as ["<timestamp> <event_id>", {touch}], by the logs alone.
CREATE VIEW derived_touches (glue_user_id, first, last) AS
SELECT u.glue_user_id,
  (SELECT json_array(timestamp || ' ' || event_id, json(touch)) FROM (
    SELECT * FROM (
      SELECT e.timestamp, e.event_id, json_set(e.touch, '$.timestamp', e.timestamp) AS touch FROM events e
      WHERE e.glue_user_id = u.glue_user_id AND e.touch IS NOT NULL ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT * FROM (
      SELECT i.timestamp, i.event_id, json_set(i.touch, '$.timestamp', i.timestamp) FROM identities i
      WHERE i.glue_user_id = u.glue_user_id AND i.touch IS NOT NULL ORDER BY 1, 2, 3 LIMIT 1))
  ORDER BY timestamp, event_id, touch LIMIT 1),
  (SELECT json_array(timestamp || ' ' || event_id, json(touch)) FROM (
    SELECT * FROM (
      SELECT e.timestamp, e.event_id, json_set(e.touch, '$.timestamp', e.timestamp) AS touch FROM events e
      WHERE e.glue_user_id = u.glue_user_id AND e.touch_counts = 1 ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1)
    UNION ALL
    SELECT * FROM (
      SELECT i.timestamp, i.event_id, json_set(i.touch, '$.timestamp', i.timestamp) FROM identities i
      WHERE i.glue_user_id = u.glue_user_id AND i.touch_counts = 1 ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1))
  ORDER BY timestamp DESC, event_id DESC, touch DESC LIMIT 1)
FROM users u;

-- What each profile is to be, by the logs alone. A rebuild sets it from here, and a check compares with it.
CREATE VIEW derived_profiles
  (glue_user_id, email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) AS
SELECT u.glue_user_id,
  -- The present e-mail is that of the newest row that has one. It has been so since the last row that changed it.
  (SELECT i.email FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.email IS NOT NULL
   ORDER BY i.timestamp DESC, i.event_id DESC, i.kind DESC LIMIT 1),
  EXISTS (SELECT 1 FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.email IS NOT NULL),
  (SELECT timestamp FROM (
    SELECT i.timestamp, i.email_key,
      lag(i.email_key) OVER (ORDER BY i.timestamp, i.event_id, i.kind) AS earlier,
      row_number() OVER (ORDER BY i.timestamp, i.event_id, i.kind) AS n
    FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.email IS NOT NULL)
   WHERE earlier IS NULL OR earlier <> email_key ORDER BY n DESC LIMIT 1),
  -- The merge patches in their order in time. One that would make more than 1,000 keys or 65,536 characters is passed over: json_patch looks
  -- for each key from the start, so traits that grow without end would stop the writer. Each key ends in '":', so these are counted first,
  -- which is cheap, and the keys themselves only when there are many.
  (WITH RECURSIVE replay (n, timestamp, event_id, kind, traits) AS (
    SELECT 0, '', '', '', '{}'
    UNION ALL
    SELECT r.n + 1, i.timestamp, i.event_id, i.kind, CASE
      WHEN i.traits IS NULL OR i.traits = '{}' THEN r.traits
      WHEN length(r.traits) + length(i.traits) < 5000 THEN json_patch(r.traits, i.traits)
      ELSE (
        SELECT CASE
          WHEN length(p.merged) > 65536 THEN r.traits
          WHEN (length(p.merged) - length(replace(p.merged, '":', ''))) / 2 <= 1000 THEN p.merged
          WHEN (SELECT count(*) FROM json_tree(p.merged) t WHERE typeof(t.key) = 'text') <= 1000 THEN p.merged
          ELSE r.traits END
        FROM (SELECT json_patch(r.traits, i.traits) AS merged) p)
      END
    FROM replay r JOIN identities i ON i.id = (
      SELECT s.id FROM identities s
      WHERE s.glue_user_id = u.glue_user_id AND s.traits IS NOT NULL
        AND (s.timestamp, s.event_id, s.kind) > (r.timestamp, r.event_id, r.kind)
      ORDER BY s.timestamp, s.event_id, s.kind LIMIT 1))
   SELECT traits FROM replay ORDER BY n DESC LIMIT 1),
  (SELECT min(seen) FROM (
    SELECT min(e.timestamp) AS seen FROM events e WHERE e.glue_user_id = u.glue_user_id
    UNION ALL SELECT min(i.first_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id
    UNION ALL SELECT min(i.last_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id)),
  (SELECT max(seen) FROM (
    SELECT max(e.timestamp) AS seen FROM events e WHERE e.glue_user_id = u.glue_user_id
    UNION ALL SELECT max(i.first_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id
    UNION ALL SELECT max(i.last_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id)),
  CASE WHEN t.first IS NOT NULL THEN
    json_object('first_touch', json(t.first -> 1), 'last_touch', json(coalesce(t.last -> 1, t.first -> 1))) END,
  t.first ->> 0,
  t.last ->> 0
FROM users u JOIN derived_touches t ON t.glue_user_id = u.glue_user_id;
