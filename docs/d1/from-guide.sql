-- Copies the rows of the public guide's own tables, exported from D1 and loaded into the file d1.db, into the server's file.
-- Copies all or nothing. Stop the server first. Needs sqlite3 3.38 or later.
--   sqlite3 data/dataglue.db < docs/d1/from-guide.sql
.bail on
ATTACH 'd1.db' AS guide;
BEGIN IMMEDIATE;

-- The guide's Worker stores only users.
CREATE TABLE IF NOT EXISTS guide.events (event_id TEXT);

-- A table may lack columns. SQLite looks up a name that the inner query lacks in the outer one, where it is NULL.
CREATE TEMP TABLE visitors AS
SELECT (
    SELECT json_array(glue_user_id, email, traits, attribution, first_seen, last_seen, identified_at, created_at, updated_at)
    FROM guide.users u WHERE u.rowid = g.place) AS said
FROM (SELECT rowid AS place FROM guide.users) g
CROSS JOIN (
  SELECT NULL AS email, NULL AS traits, NULL AS attribution, NULL AS first_seen, NULL AS last_seen, NULL AS identified_at,
    NULL AS created_at, NULL AS updated_at) absent
ORDER BY g.place;

CREATE TEMP TABLE happened AS
SELECT (
    SELECT json_array(event_id, glue_user_id, session_id, event, timestamp, properties, email, context, created_at)
    FROM guide.events e WHERE e.rowid = g.place) AS said
FROM (SELECT rowid AS place FROM guide.events) g
CROSS JOIN (
  SELECT NULL AS glue_user_id, NULL AS session_id, NULL AS event, NULL AS timestamp, NULL AS properties, NULL AS email, NULL AS context,
    NULL AS created_at) absent
ORDER BY g.place;

-- An instant is a text that SQLite reads as one, or a number of milliseconds. The default logged = 0 means that a row stands as it is
-- until the visitor's first write, which builds on it.
INSERT INTO main.users (glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at)
SELECT said ->> 0, nullif(said ->> 1, ''), said ->> 2, said ->> 3,
  strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 4 GLOB '*[^0-9.]*', said ->> 4, (said ->> 4) / 1000.0), 'auto'),
  strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 5 GLOB '*[^0-9.]*', said ->> 5, (said ->> 5) / 1000.0), 'auto'),
  nullif(said ->> 1, '') IS NOT NULL,
  strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 6 GLOB '*[^0-9.]*', said ->> 6, (said ->> 6) / 1000.0), 'auto'),
  coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 7 GLOB '*[^0-9.]*', said ->> 7, (said ->> 7) / 1000.0), 'auto'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 8 GLOB '*[^0-9.]*', said ->> 8, (said ->> 8) / 1000.0), 'auto'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
FROM visitors;

INSERT INTO main.events (event_id, glue_user_id, session_id, event, timestamp, properties, email, context, created_at)
SELECT said ->> 0, said ->> 1, nullif(said ->> 2, ''), said ->> 3,
  strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 4 GLOB '*[^0-9.]*', said ->> 4, (said ->> 4) / 1000.0), 'auto'),
  said ->> 5, nullif(said ->> 6, ''), said ->> 7,
  coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', iif(said ->> 8 GLOB '*[^0-9.]*', said ->> 8, (said ->> 8) / 1000.0), 'auto'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
FROM happened;

COMMIT;
