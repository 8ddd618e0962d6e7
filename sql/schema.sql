-- The baseline: the documented tables users and events, and the logs that a profile follows from.
-- Instants are ISO 8601 text in UTC with milliseconds, JSON is text, booleans are 0 and 1.
-- json_valid(NULL) is 0 in older versions of SQLite, so a CHECK says that NULL is allowed.
-- Runs unchanged on SQLite and on Cloudflare D1. Frozen once released: later changes go to sql/migrations.

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
  -- Not 0 only inside a transaction: a write changed the past of this profile, rebuild it before the commit.
  -- Bit 1: e-mail and traits. Bit 2: times and touches.
  stale           INTEGER NOT NULL DEFAULT 0 CHECK (stale BETWEEN 0 AND 3)
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
CREATE INDEX idx_events_fingerprint ON events (fingerprint, server_made) WHERE live_event_id IS NULL;
CREATE INDEX idx_events_glue_user_id ON events (glue_user_id, timestamp, event_id);
CREATE INDEX idx_events_session_id ON events (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX idx_events_event ON events (event, timestamp);
CREATE INDEX idx_events_timestamp ON events (timestamp);
CREATE INDEX idx_events_email ON events (email COLLATE NOCASE) WHERE email IS NOT NULL;

-- The log that e-mail, traits and identification follow from: one row for each identification, each synced profile,
-- each touch that a synced profile brought, and the values of a row that was inserted by hand ('base').
CREATE TABLE identities (
  id            INTEGER PRIMARY KEY,
  glue_user_id  TEXT NOT NULL CHECK (length(glue_user_id) BETWEEN 1 AND 255),
  event_id      TEXT NOT NULL CHECK (length(event_id) <= 255),
  kind          TEXT NOT NULL CHECK (kind IN ('base', 'first_touch', 'identify', 'last_touch', 'sync')),
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
CREATE INDEX idx_identities_email_key ON identities (email_key) WHERE email_key IS NOT NULL;

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
