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
  -- 1: the profile follows from events and identities. 0: inserted by hand, and not adopted yet.
  logged          INTEGER NOT NULL DEFAULT 0 CHECK (logged IN (0, 1))
) STRICT;

CREATE UNIQUE INDEX idx_users_glue_user_id ON users (glue_user_id);
CREATE INDEX idx_users_email ON users (email COLLATE NOCASE) WHERE email IS NOT NULL;
CREATE INDEX idx_users_by_hand ON users (id) WHERE logged = 0;

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
  -- 1: a trusted report has brought the touch. A trusted event without one keeps that of a public report.
  touch_trusted INTEGER NOT NULL DEFAULT 0 CHECK (touch_trusted IN (0, 1)),
  -- 64-bit hash of user, time, session, event and properties: what makes two reports the same event. NULL where it was inserted by hand and is not adopted yet.
  fingerprint   INTEGER,
  -- 1: tracked without an id, so event_id was made by the server and a later sync may claim the event.
  server_made   INTEGER NOT NULL DEFAULT 0 CHECK (server_made IN (0, 1)),
  -- The id that the server had answered for this event before the client's own id took its place.
  live_event_id TEXT,
  -- The account that the event itself carries.
  user_id       TEXT CHECK (length(user_id) BETWEEN 1 AND 255),
  -- Whose it is by itself, whoever has the browser: 'account:USER_ID', else 'email:EMAIL_KEY'. NULL: that tells the browser.
  name          TEXT,
  -- 1: its own e-mail and account are a claim, which joins nobody.
  claim         INTEGER NOT NULL DEFAULT 0 CHECK (claim IN (0, 1)),
  -- Who said so. 1: it came with a secret key, or somebody inserted it by hand.
  trusted       INTEGER NOT NULL DEFAULT 1 CHECK (trusted IN (0, 1)),
  -- page, server or import:NAME, and @REGION of the edge that took it.
  source        TEXT NOT NULL DEFAULT 'import:sql',
  -- The page that it is of, without query and fragment; the host is NULL where it is not known.
  host          TEXT,
  path          TEXT,
  -- With what its visitor came: desktop, mobile, tablet, tv, console; the families of browser and system; the country by its two letters.
  device        TEXT,
  browser       TEXT,
  os            TEXT,
  country       TEXT,
  -- 1: it comes from a program that nobody sits at.
  bot           INTEGER NOT NULL DEFAULT 0 CHECK (bot IN (0, 1))
) STRICT;

CREATE UNIQUE INDEX idx_events_event_id ON events (event_id);
CREATE UNIQUE INDEX idx_events_live_event_id ON events (live_event_id) WHERE live_event_id IS NOT NULL;
CREATE INDEX idx_events_glue_user_id ON events (glue_user_id, timestamp, event_id);
CREATE INDEX idx_events_session_id ON events (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX idx_events_event ON events (event, timestamp);
-- Finds the same event by two ways, too. An index that began with the fingerprint, which is random, would touch another page for each event.
CREATE INDEX idx_events_timestamp ON events (timestamp, fingerprint, server_made, live_event_id);
CREATE INDEX idx_events_email ON events (email COLLATE NOCASE) WHERE email IS NOT NULL;
-- Events that name somebody themselves: those of a name, and those of a browser, which are not its own.
CREATE INDEX idx_events_name ON events (name, timestamp, event_id) WHERE name IS NOT NULL;
CREATE INDEX idx_events_named ON events (glue_user_id, timestamp, event_id) WHERE name IS NOT NULL;
-- The first touch of a visitor and the last that counts are each found with one look.
CREATE INDEX idx_events_touch ON events (glue_user_id, touch_counts, timestamp, event_id) WHERE touch IS NOT NULL;
-- Events that only claim whose they are.
CREATE INDEX idx_events_claim_account ON events (user_id) WHERE claim = 1 AND user_id IS NOT NULL;
CREATE INDEX idx_events_claim_email ON events (email COLLATE NOCASE) WHERE claim = 1 AND email IS NOT NULL;
CREATE INDEX idx_events_by_hand ON events (id) WHERE fingerprint IS NULL;

-- The log that e-mail, traits and identification follow from: one row for each identification, each synced profile,
-- and each touch that a synced profile brought. A profile that was inserted by hand counts as a synced one.
CREATE TABLE identities (
  id            INTEGER PRIMARY KEY,
  glue_user_id  TEXT NOT NULL CHECK (length(glue_user_id) BETWEEN 1 AND 255),
  event_id      TEXT NOT NULL CHECK (length(event_id) <= 255),
  -- identify, sync, first_touch, last_touch, or base: what events that have expired gave the profile.
  kind          TEXT NOT NULL,
  timestamp     TEXT NOT NULL,
  email         TEXT CHECK (length(email) BETWEEN 1 AND 255),
  -- The e-mail as e-mails compare: lower case, NFC, nothing invisible, the host in Unicode.
  email_key     TEXT,
  -- The site's own id of the account.
  user_id       TEXT CHECK (length(user_id) BETWEEN 1 AND 255),
  -- Whom it joins its browser to: 'account:USER_ID', else 'email:EMAIL_KEY'. NULL: nobody.
  name          TEXT,
  -- 1: whom it names it only claims to be, and it joins nobody.
  claim         INTEGER NOT NULL DEFAULT 0 CHECK (claim IN (0, 1)),
  -- 1: a span begins here. Whom the one before it names, in the order of (timestamp, event_id, kind), is another or nobody.
  starts        INTEGER NOT NULL DEFAULT 0 CHECK (starts IN (0, 1)),
  -- Whom it named before it was taken back. What it said is gone then, and its time is empty: it stands before every other report of its id.
  taken_back    TEXT,
  -- The e-mail that it had then, by its key.
  taken_email   TEXT,
  traits        TEXT CHECK (traits IS NULL OR json_valid(traits)),
  context       TEXT CHECK (context IS NULL OR json_valid(context)),
  -- Of a synced profile: from when to when it says that the visitor was seen.
  first_seen    TEXT,
  last_seen     TEXT,
  touch         TEXT CHECK (touch IS NULL OR json_valid(touch)),
  touch_counts  INTEGER NOT NULL DEFAULT 0 CHECK (touch_counts IN (0, 1)),
  -- 64-bit hash of what it says. NULL where it was inserted by hand and is not adopted yet.
  fingerprint   INTEGER,
  -- Who said so, as in events; an identification with a valid signature is trusted too.
  trusted       INTEGER NOT NULL DEFAULT 1 CHECK (trusted IN (0, 1)),
  source        TEXT NOT NULL DEFAULT 'import:sql',
  created_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

-- No statement walks the log of a visitor: whatever a profile needs is found by one of these with one look.
CREATE UNIQUE INDEX idx_identities_event_id ON identities (event_id, kind, glue_user_id);
CREATE INDEX idx_identities_name ON identities (glue_user_id, timestamp, event_id, kind) WHERE name IS NOT NULL;
CREATE INDEX idx_identities_email ON identities (glue_user_id, timestamp, event_id, kind) WHERE name IS NOT NULL AND email IS NOT NULL;
CREATE INDEX idx_identities_claim ON identities (glue_user_id, timestamp) WHERE claim = 1;
CREATE INDEX idx_identities_claim_account ON identities (user_id, glue_user_id, timestamp, event_id, kind) WHERE claim = 1 AND user_id IS NOT NULL;
CREATE INDEX idx_identities_claim_email ON identities (email_key, glue_user_id, timestamp, event_id, kind) WHERE claim = 1 AND email_key IS NOT NULL;
CREATE INDEX idx_identities_span ON identities (glue_user_id, timestamp, event_id, kind) WHERE starts = 1;
-- The identifications of a person; the accounts that an e-mail was named with, and the e-mails of an account.
CREATE INDEX idx_identities_person ON identities (name, glue_user_id, timestamp, event_id, kind, starts, trusted) WHERE name IS NOT NULL;
CREATE INDEX idx_identities_email_key ON identities (email_key, trusted, timestamp, event_id, kind, glue_user_id) WHERE name IS NOT NULL AND email_key IS NOT NULL AND user_id IS NOT NULL;
CREATE INDEX idx_identities_tie ON identities (email_key, trusted, user_id) WHERE name IS NOT NULL AND email_key IS NOT NULL AND user_id IS NOT NULL;
CREATE INDEX idx_identities_user_id ON identities (user_id, email_key) WHERE name IS NOT NULL AND email_key IS NOT NULL AND user_id IS NOT NULL;
CREATE INDEX idx_identities_taken_back ON identities (glue_user_id, taken_back, taken_email) WHERE taken_back IS NOT NULL;
CREATE INDEX idx_identities_nameless ON identities (glue_user_id, timestamp, event_id) WHERE name IS NULL AND claim = 0;
CREATE INDEX idx_identities_by_hand ON identities (id) WHERE fingerprint IS NULL;
CREATE INDEX idx_identities_base ON identities (glue_user_id, touch_counts, timestamp, event_id) WHERE kind = 'base' AND touch IS NOT NULL;
CREATE INDEX idx_identities_touch ON identities (glue_user_id, touch_counts, timestamp, event_id) WHERE touch IS NOT NULL;
CREATE INDEX idx_identities_first_seen ON identities (glue_user_id, first_seen) WHERE first_seen IS NOT NULL;
CREATE INDEX idx_identities_last_seen ON identities (glue_user_id, last_seen) WHERE last_seen IS NOT NULL;

-- Each key of traits that a row of identities names, with its value as JSON (null removes it): the newest of a key is what the profile shows.
-- A value of more than 512 bytes stands in long_traits: beside its key, it would be read whenever a key near it is looked for.
CREATE TABLE traits (
  glue_user_id  TEXT NOT NULL,
  name          TEXT NOT NULL,
  timestamp     TEXT NOT NULL,
  event_id      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  -- Of a long value, in bytes; any other stands here itself.
  size          INTEGER,
  value         TEXT,
  PRIMARY KEY (glue_user_id, name, timestamp DESC, event_id DESC, kind DESC)
) STRICT, WITHOUT ROWID;

CREATE TABLE long_traits (
  id            INTEGER PRIMARY KEY,
  glue_user_id  TEXT NOT NULL,
  event_id      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  value         TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX idx_long_traits ON long_traits (glue_user_id, event_id, kind, name);

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

-- The key of the hashes in tombstones. An edge has that of its home.
INSERT INTO server_state (name, value) VALUES ('tombstone_key', lower(hex(randomblob(32))));

-- What was erased, when, with which key (the first 8 hex digits of its SHA-256), and how many rows of each table. Never who.
CREATE TABLE erasures (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  time   TEXT NOT NULL,
  -- browser, email or account.
  kind   TEXT NOT NULL,
  key    TEXT,
  counts TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(counts))
) STRICT;

-- What must not come back: hashes of erased browsers ('browser:ID') and names ('account:USER_ID', 'email:KEY'), each from one place (timestamp, event_id),
-- with it, to another, without it.
CREATE TABLE tombstones (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       TEXT NOT NULL,
  -- 1: all of a browser. 0: what names nobody itself.
  whole      INTEGER NOT NULL CHECK (whole IN (0, 1)),
  start_time TEXT NOT NULL,
  start_id   TEXT NOT NULL,
  end_time   TEXT NOT NULL,
  end_id     TEXT NOT NULL,
  -- The row of erasures to which it belongs; NULL where another database has brought it.
  erasure    INTEGER,
  -- 1: the rows are gone.
  applied    INTEGER NOT NULL DEFAULT 0 CHECK (applied IN (0, 1))
) STRICT;

CREATE UNIQUE INDEX idx_tombstones ON tombstones (hash, whole, start_time, start_id, end_time, end_id);
CREATE INDEX idx_tombstones_pending ON tombstones (id) WHERE applied = 0;

-- What reports read in place of the two logs: copies of what they ask for, by columns. All of it follows from the logs and is made anew when it is gone.

-- Of each log ('events', 'identities'): up to which row id the chunks have it. Changes of rows up to watched are noted.
CREATE TABLE report_logs (
  log     TEXT NOT NULL PRIMARY KEY,
  stored  INTEGER NOT NULL DEFAULT 0,
  watched INTEGER NOT NULL DEFAULT 0,
  -- How chunks are written.
  format  INTEGER NOT NULL DEFAULT 1
) STRICT;

INSERT INTO report_logs (log) VALUES ('events'), ('identities');

-- The rows from first_row to last_row of those browsers that belong to one of 64 parts, in the order of browser, time and event id.
CREATE TABLE report_chunks (
  id        INTEGER PRIMARY KEY,
  part      INTEGER NOT NULL,
  log       TEXT NOT NULL,
  first_row INTEGER NOT NULL,
  last_row  INTEGER NOT NULL,
  -- Up to two hosts of its pages, as a JSON array.
  hosts     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(hosts)),
  -- Which browsers its events name somebody on: pairs of 8 bytes each. NULL: on none.
  names     BLOB,
  data      BLOB NOT NULL
) STRICT;

CREATE INDEX idx_report_chunks ON report_chunks (log, part, first_row);

-- Rows of the logs that were changed or deleted since they were copied.
CREATE TABLE report_changes (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  log          TEXT NOT NULL,
  row          INTEGER NOT NULL,
  glue_user_id TEXT NOT NULL
) STRICT;

CREATE TRIGGER report_event_changed AFTER UPDATE OF
  id, glue_user_id, timestamp, event_id, session_id, event, host, path, device, browser, os, country, bot, touch, touch_counts, name, fingerprint ON events
WHEN OLD.id <= (SELECT watched FROM report_logs WHERE log = 'events')
BEGIN
  INSERT INTO report_changes (log, row, glue_user_id) VALUES ('events', OLD.id, OLD.glue_user_id);
END;

CREATE TRIGGER report_event_deleted AFTER DELETE ON events
WHEN OLD.id <= (SELECT watched FROM report_logs WHERE log = 'events')
BEGIN
  INSERT INTO report_changes (log, row, glue_user_id) VALUES ('events', OLD.id, OLD.glue_user_id);
END;

CREATE TRIGGER report_identity_changed AFTER UPDATE OF
  id, glue_user_id, timestamp, event_id, kind, name, email_key, user_id, touch, touch_counts, trusted, fingerprint ON identities
WHEN OLD.id <= (SELECT watched FROM report_logs WHERE log = 'identities')
BEGIN
  INSERT INTO report_changes (log, row, glue_user_id) VALUES ('identities', OLD.id, OLD.glue_user_id);
END;

CREATE TRIGGER report_identity_deleted AFTER DELETE ON identities
WHEN OLD.id <= (SELECT watched FROM report_logs WHERE log = 'identities')
BEGIN
  INSERT INTO report_changes (log, row, glue_user_id) VALUES ('identities', OLD.id, OLD.glue_user_id);
END;

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

-- Whose id is this, who said so, and is it an event's? The ids of a sync are its visitor's own affair.
CREATE VIEW id_owners (event_id, glue_user_id, trusted, is_event) AS
SELECT event_id, glue_user_id, trusted, 1 FROM events
UNION ALL
SELECT live_event_id, glue_user_id, trusted, 1 FROM events WHERE live_event_id IS NOT NULL
UNION ALL
SELECT event_id, glue_user_id, trusted, 0 FROM identities WHERE kind = 'identify';

-- What the traits of each visitor come to: of each key the newest value. The first 1,000 keys are looked at, in the order of their bytes; one
-- that does not fit into 64 KiB with those before it is passed over. So the order in which they came does not matter.
-- cost: what the key takes of the 64 KiB, 0 where its newest value removes it. before: what the keys before it have taken.
CREATE VIEW derived_traits (glue_user_id, traits) AS
SELECT u.glue_user_id, (
  WITH RECURSIVE newest (name, cost, value, event_id, kind, n, before) AS (
    SELECT * FROM (
      SELECT t.name, CASE WHEN t.value = 'null' THEN 0 ELSE octet_length(t.name) + coalesce(t.size, octet_length(t.value)) + 4 END, t.value, t.event_id, t.kind, 1, 0
      FROM traits t WHERE t.glue_user_id = u.glue_user_id
      ORDER BY t.name, t.timestamp DESC, t.event_id DESC, t.kind DESC LIMIT 1)
    UNION ALL
    SELECT t.name, CASE WHEN t.value = 'null' THEN 0 ELSE octet_length(t.name) + coalesce(t.size, octet_length(t.value)) + 4 END, t.value, t.event_id, t.kind,
      newest.n + 1, newest.before + CASE WHEN newest.before + newest.cost <= 65536 THEN newest.cost ELSE 0 END
    FROM newest JOIN traits t ON t.glue_user_id = u.glue_user_id AND (t.name, t.timestamp, t.event_id, t.kind) = (
      SELECT x.name, x.timestamp, x.event_id, x.kind FROM traits x
      WHERE x.glue_user_id = u.glue_user_id AND x.name > newest.name
      ORDER BY x.name, x.timestamp DESC, x.event_id DESC, x.kind DESC LIMIT 1)
    WHERE newest.n < 1000)
  SELECT json_group_object(name, json(value)) FROM (
    SELECT newest.name, coalesce(newest.value, (
      SELECT l.value FROM long_traits l
      WHERE l.glue_user_id = u.glue_user_id AND l.event_id = newest.event_id AND l.kind = newest.kind AND l.name = newest.name)) AS value
    FROM newest WHERE newest.cost > 0 AND newest.before + newest.cost <= 65536)
  WHERE json_valid(value))
FROM users u;

-- The first touch of a profile and the last that counts, each as ["<timestamp> <event_id>", {touch}], by the logs alone.
CREATE VIEW derived_touches (glue_user_id, first, last) AS
SELECT u.glue_user_id,
  (SELECT json_array(timestamp || ' ' || event_id, json(touch)) FROM (
    SELECT * FROM (
      SELECT e.timestamp, e.event_id, json_set(e.touch, '$.timestamp', e.timestamp) AS touch FROM events e
      WHERE e.glue_user_id = u.glue_user_id AND e.touch IS NOT NULL AND e.touch_counts = 0 ORDER BY e.timestamp, e.event_id LIMIT 1)
    UNION ALL
    SELECT * FROM (
      SELECT e.timestamp, e.event_id, json_set(e.touch, '$.timestamp', e.timestamp) FROM events e
      WHERE e.glue_user_id = u.glue_user_id AND e.touch IS NOT NULL AND e.touch_counts = 1 ORDER BY e.timestamp, e.event_id LIMIT 1)
    UNION ALL
    SELECT * FROM (
      SELECT i.timestamp, i.event_id, json_set(i.touch, '$.timestamp', i.timestamp) FROM identities i
      WHERE i.glue_user_id = u.glue_user_id AND i.touch IS NOT NULL AND i.touch_counts = 0 ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT * FROM (
      SELECT i.timestamp, i.event_id, json_set(i.touch, '$.timestamp', i.timestamp) FROM identities i
      WHERE i.glue_user_id = u.glue_user_id AND i.touch IS NOT NULL AND i.touch_counts = 1 ORDER BY 1, 2, 3 LIMIT 1))
  ORDER BY timestamp, event_id, touch LIMIT 1),
  (SELECT json_array(timestamp || ' ' || event_id, json(touch)) FROM (
    SELECT * FROM (
      SELECT e.timestamp, e.event_id, json_set(e.touch, '$.timestamp', e.timestamp) AS touch FROM events e
      WHERE e.glue_user_id = u.glue_user_id AND e.touch IS NOT NULL AND e.touch_counts = 1 ORDER BY e.timestamp DESC, e.event_id DESC LIMIT 1)
    UNION ALL
    SELECT * FROM (
      SELECT i.timestamp, i.event_id, json_set(i.touch, '$.timestamp', i.timestamp) FROM identities i
      WHERE i.glue_user_id = u.glue_user_id AND i.touch IS NOT NULL AND i.touch_counts = 1 ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1))
  ORDER BY timestamp DESC, event_id DESC, touch DESC LIMIT 1)
FROM users u;

-- The times at which each visitor is known to have been there, by the logs alone.
CREATE VIEW derived_times (glue_user_id, first_seen, last_seen) AS
SELECT glue_user_id, coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', least), least), coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', greatest), greatest)
FROM (
  SELECT u.glue_user_id,
    nullif(min(
      coalesce((SELECT min(e.timestamp) FROM events e WHERE e.glue_user_id = u.glue_user_id), '~'),
      coalesce((SELECT min(i.timestamp) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.name IS NOT NULL), '~'),
      coalesce((SELECT min(i.timestamp) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.claim = 1), '~'),
      coalesce((SELECT min(i.first_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.first_seen IS NOT NULL), '~'),
      coalesce((SELECT min(i.last_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.last_seen IS NOT NULL), '~')), '~') AS least,
    nullif(max(
      coalesce((SELECT max(e.timestamp) FROM events e WHERE e.glue_user_id = u.glue_user_id), ''),
      coalesce((SELECT max(i.timestamp) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.name IS NOT NULL), ''),
      coalesce((SELECT max(i.timestamp) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.claim = 1), ''),
      coalesce((SELECT max(i.first_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.first_seen IS NOT NULL), ''),
      coalesce((SELECT max(i.last_seen) FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.last_seen IS NOT NULL), '')), '') AS greatest
  FROM users u);

-- What each profile is to be, by the logs alone. Each write that does more than join itself onto a profile sets it from here, and a check
-- compares with it.
CREATE VIEW derived_profiles
  (glue_user_id, email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) AS
SELECT u.glue_user_id,
  -- The present e-mail is that of the newest row that names somebody and has one. Who it is has been the same since the newest span began.
  (SELECT i.email FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.name IS NOT NULL AND i.email IS NOT NULL
   ORDER BY i.timestamp DESC, i.event_id DESC, i.kind DESC LIMIT 1),
  EXISTS (SELECT 1 FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.name IS NOT NULL),
  (SELECT i.timestamp FROM identities i WHERE i.glue_user_id = u.glue_user_id AND i.starts = 1
   ORDER BY i.timestamp DESC, i.event_id DESC, i.kind DESC LIMIT 1),
  d.traits, s.first_seen, s.last_seen,
  CASE WHEN t.first IS NOT NULL THEN
    json_object('first_touch', json(t.first -> 1), 'last_touch', json(coalesce(t.last -> 1, t.first -> 1))) END,
  t.first ->> 0,
  t.last ->> 0
FROM users u
JOIN derived_traits d ON d.glue_user_id = u.glue_user_id
JOIN derived_times s ON s.glue_user_id = u.glue_user_id
JOIN derived_touches t ON t.glue_user_id = u.glue_user_id;

-- Views for questions by hand, with the sqlite3 program. What bots did is left out.

-- The account that each e-mail belongs to, as a read of the person has it: that of its newest trusted identification with both; without a trusted one, the
-- account that all public ones name, if they name the same.
CREATE VIEW email_accounts (email_key, user_id) AS
SELECT k.email_key, coalesce(
  (SELECT i.user_id FROM identities i
   WHERE i.email_key = k.email_key AND i.trusted = 1 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL
   ORDER BY i.timestamp DESC, i.event_id DESC, i.kind DESC, i.glue_user_id DESC LIMIT 1),
  (SELECT CASE WHEN min(i.user_id) = max(i.user_id) THEN min(i.user_id) END FROM identities i
   WHERE i.email_key = k.email_key AND i.trusted = 0 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL))
FROM (SELECT DISTINCT email_key FROM identities WHERE name IS NOT NULL AND email_key IS NOT NULL AND user_id IS NOT NULL) k;

-- Each event, and each row of identities that names somebody or has a touch, with whose it is: whom it names itself, else whom its browser had identified
-- last at its time, before that whom it identified first; else the browser.
CREATE VIEW log_people (person, kind, id, glue_user_id, timestamp, event_id, touch, touch_counts) AS
SELECT
  CASE WHEN n.name LIKE 'email:%' THEN coalesce('account:' || a.user_id, n.name) ELSE coalesce(n.name, 'browser:' || n.glue_user_id) END,
  n.kind, n.id, n.glue_user_id, n.timestamp, n.event_id, n.touch, n.touch_counts
FROM (
  SELECT l.kind, l.id, l.glue_user_id, l.timestamp, l.event_id, l.touch, l.touch_counts, coalesce(
    l.name,
    (SELECT s.name FROM identities s WHERE s.glue_user_id = l.glue_user_id AND s.starts = 1 AND (s.timestamp, s.event_id) <= (l.timestamp, l.event_id)
     ORDER BY s.timestamp DESC, s.event_id DESC, s.kind DESC LIMIT 1),
    (SELECT s.name FROM identities s WHERE s.glue_user_id = l.glue_user_id AND s.starts = 1 ORDER BY s.timestamp, s.event_id, s.kind LIMIT 1)) AS name
  FROM (
    SELECT 'event' AS kind, id, glue_user_id, timestamp, event_id, touch, touch_counts, name FROM events WHERE bot = 0
    UNION ALL
    SELECT CASE WHEN name IS NOT NULL THEN 'identification' ELSE kind END, id, glue_user_id, timestamp, event_id, touch, touch_counts, name FROM identities
    WHERE name IS NOT NULL OR touch IS NOT NULL) l) n
LEFT JOIN email_accounts a ON n.name LIKE 'email:%' AND a.email_key = substr(n.name, 7);

-- What each person did.
CREATE VIEW journeys (person, timestamp, event, page, session_id, source, medium, campaign, properties, glue_user_id, event_id) AS
SELECT l.person, e.timestamp, e.event, coalesce(e.host, '') || e.path, e.session_id, e.touch ->> 'utm_source', e.touch ->> 'utm_medium', e.touch ->> 'utm_campaign',
  e.properties, e.glue_user_id, e.event_id
FROM log_people l JOIN events e ON e.id = l.id WHERE l.kind = 'event';

-- One row for each person: browsers, from when to when, how many events, the sources of the first touch and of the last that counts, whether anybody identified them.
CREATE VIEW people_overview (person, browsers, first_seen, last_seen, events, first_source, last_source, identified) AS
SELECT person, count(DISTINCT glue_user_id), min(timestamp), max(timestamp), sum(kind = 'event'),
  max(CASE WHEN touch IS NOT NULL AND first = 1 THEN touch ->> 'utm_source' END),
  coalesce(max(CASE WHEN touch_counts = 1 AND last = 1 THEN touch ->> 'utm_source' END),
    CASE WHEN max(touch_counts) IS NOT 1 THEN max(CASE WHEN touch IS NOT NULL AND first = 1 THEN touch ->> 'utm_source' END) END),
  max(kind = 'identification')
FROM (
  SELECT *, row_number() OVER (PARTITION BY person, touch IS NOT NULL ORDER BY timestamp, event_id) AS first,
    row_number() OVER (PARTITION BY person, touch_counts ORDER BY timestamp DESC, event_id DESC) AS last
  FROM log_people)
GROUP BY person;

-- How many events of each name there are, and how many people made them.
CREATE VIEW funnel_counts (event, events, people) AS
SELECT event, count(*), count(DISTINCT person) FROM journeys GROUP BY event ORDER BY 3 DESC, 1;

-- People by the source of their first touch, and by that of the last that counts; and how many of them are identified.
CREATE VIEW attribution_first_touch (source, people, identified) AS
SELECT first_source, count(*), sum(identified) FROM people_overview GROUP BY first_source ORDER BY 2 DESC, 1;
CREATE VIEW attribution_last_touch (source, people, identified) AS
SELECT last_source, count(*), sum(identified) FROM people_overview GROUP BY last_source ORDER BY 2 DESC, 1;

-- Each day in UTC: people, sessions that began, pages looked at, events. A session without an id ends with a pause of 30 minutes.
CREATE VIEW daily (day, people, sessions, page_views, events) AS
SELECT day, count(DISTINCT person), sum(begins), sum(event = 'page_view'), count(*) FROM (
  SELECT substr(timestamp, 1, 10) AS day, person, event, coalesce(
    CASE WHEN session_id IS NULL THEN round((julianday(timestamp) - julianday(lag(timestamp) OVER same)) * 86400000) >= 1800000 ELSE row_number() OVER same = 1 END, 1) AS begins
  FROM journeys WINDOW same AS (PARTITION BY person, glue_user_id, session_id ORDER BY timestamp, event_id))
GROUP BY day ORDER BY day;
