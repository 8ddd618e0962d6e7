-- Copies the rows of a D1 export, loaded into the file d1.db, into the server's file, whose tables must be empty.
-- Copies all or nothing. Stop the server first.
--   sqlite3 data/dataglue.db < docs/d1/from-d1.sql
.bail on
ATTACH 'd1.db' AS d1;
BEGIN IMMEDIATE;

INSERT INTO main.users
  (id, glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at, last_synced,
   first_touch_key, last_touch_key, logged)
SELECT id, glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at, last_synced,
  first_touch_key, last_touch_key, logged
FROM d1.users;

INSERT INTO main.events
  (id, event_id, glue_user_id, session_id, event, timestamp, properties, email, created_at, context, touch, touch_counts, touch_trusted,
   fingerprint, server_made, live_event_id, user_id, name, claim, trusted, source, host, path, device, browser, os, country, bot)
SELECT e.id, e.event_id, e.glue_user_id, e.session_id, e.event, e.timestamp, e.properties, e.email, e.created_at, e.context, e.touch, e.touch_counts, e.touch_trusted,
  CAST((SELECT x.fingerprint FROM d1.exact_fingerprints x WHERE x.name = 'events' AND x.id = e.id) AS INTEGER),
  e.server_made, e.live_event_id, e.user_id, e.name, e.claim, e.trusted, e.source, e.host, e.path, e.device, e.browser, e.os, e.country, e.bot
FROM d1.events e;

INSERT INTO main.identities
  (id, glue_user_id, event_id, kind, timestamp, email, email_key, user_id, name, claim, starts, taken_back, taken_email, traits, context, first_seen, last_seen, touch, touch_counts,
   fingerprint, trusted, source, created_at)
SELECT i.id, i.glue_user_id, i.event_id, i.kind, i.timestamp, i.email, i.email_key, i.user_id, i.name, i.claim, i.starts, i.taken_back, i.taken_email, i.traits, i.context, i.first_seen,
  i.last_seen, i.touch, i.touch_counts,
  CAST((SELECT x.fingerprint FROM d1.exact_fingerprints x WHERE x.name = 'identities' AND x.id = i.id) AS INTEGER), i.trusted, i.source, i.created_at
FROM d1.identities i;

INSERT INTO main.traits (glue_user_id, name, timestamp, event_id, kind, size, value)
SELECT glue_user_id, name, timestamp, event_id, kind, size, value FROM d1.traits;
INSERT INTO main.long_traits (id, glue_user_id, event_id, kind, name, value)
SELECT id, glue_user_id, event_id, kind, name, value FROM d1.long_traits;

INSERT INTO main.sessions (id, glue_user_id, session_id, data, synced_at, event_id, created_at, updated_at)
SELECT id, glue_user_id, session_id, data, synced_at, event_id, created_at, updated_at FROM d1.sessions;

COMMIT;
