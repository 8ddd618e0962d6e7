-- Prints the rows of the server's file as statements for D1: one a line, none longer than 100,000 bytes, none with a function that D1
-- lacks (.dump of a newer sqlite3 writes such). A long value goes ahead in pieces and is joined on D1.
--   sqlite3 -readonly data/dataglue.db < docs/d1/to-d1.sql > rows.sql
.bail on
.mode list
.headers off
BEGIN;

CREATE TEMP VIEW moved (name, columns, id, said) AS
SELECT 'users',
  'id, glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at, last_synced, first_touch_key, last_touch_key, logged',
  id, json_array(id, glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, created_at, updated_at, last_synced,
    first_touch_key, last_touch_key, logged)
FROM main.users
UNION ALL
SELECT 'events',
  'id, event_id, glue_user_id, session_id, event, timestamp, properties, email, created_at, context, touch, touch_counts, touch_trusted, fingerprint, server_made, live_event_id, user_id, name, claim, trusted, source, host, path, device, browser, os, country, bot',
  id, json_array(id, event_id, glue_user_id, session_id, event, timestamp, properties, email, created_at, context, touch, touch_counts, touch_trusted,
    fingerprint, server_made, live_event_id, user_id, name, claim, trusted, source, host, path, device, browser, os, country, bot)
FROM main.events
UNION ALL
SELECT 'identities',
  'id, glue_user_id, event_id, kind, timestamp, email, email_key, user_id, name, claim, starts, taken_back, taken_email, traits, context, first_seen, last_seen, touch, touch_counts, fingerprint, trusted, source, created_at',
  id, json_array(id, glue_user_id, event_id, kind, timestamp, email, email_key, user_id, name, claim, starts, taken_back, taken_email, traits, context, first_seen, last_seen,
    touch, touch_counts, fingerprint, trusted, source, created_at)
FROM main.identities
UNION ALL
SELECT 'traits', 'glue_user_id, name, timestamp, event_id, kind, size, value',
  row_number() OVER (ORDER BY glue_user_id, name, timestamp, event_id, kind), json_array(glue_user_id, name, timestamp, event_id, kind, size, value)
FROM main.traits
UNION ALL
SELECT 'long_traits', 'id, glue_user_id, event_id, kind, name, value', id, json_array(id, glue_user_id, event_id, kind, name, value) FROM main.long_traits
UNION ALL
SELECT 'sessions', 'id, glue_user_id, session_id, data, synced_at, event_id, created_at, updated_at',
  id, json_array(id, glue_user_id, session_id, data, synced_at, event_id, created_at, updated_at)
FROM main.sessions;

SELECT 'DROP TABLE IF EXISTS pieces;';
SELECT 'CREATE TABLE pieces (name TEXT NOT NULL, id INTEGER NOT NULL, place INTEGER NOT NULL, n INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (name, id, place, n)) STRICT;';

-- As bytes, which need no quoting.
WITH RECURSIVE piece (name, id, place, n, text, rest) AS (
  SELECT m.name, m.id, v.key, 0, substr(v.value, 1, 10000), substr(v.value, 10001)
  FROM moved m, json_each(m.said) v WHERE length(m.said) > 3000 AND v.type = 'text' AND length(v.value) > 3000
  UNION ALL
  SELECT name, id, place, n + 1, substr(rest, 1, 10000), substr(rest, 10001) FROM piece WHERE rest <> '')
SELECT 'INSERT INTO pieces VALUES (''' || name || ''', ' || id || ', ' || place || ', ' || n || ', CAST(X''' || hex(text) || ''' AS TEXT));' FROM piece;

-- A text with a control character goes as bytes too: a line break would end the line, and sqlite3 prints the others differently.
SELECT 'INSERT INTO ' || m.name || ' (' || m.columns || ') VALUES (' || (
  SELECT group_concat(CASE
    WHEN v.type <> 'text' THEN coalesce(v.value, 'NULL')
    WHEN length(v.value) > 3000 THEN '(SELECT group_concat(text, '''') FROM (SELECT text FROM pieces WHERE name = ''' || m.name
      || ''' AND id = ' || m.id || ' AND place = ' || v.key || ' ORDER BY n))'
    WHEN v.value GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*' THEN 'CAST(X''' || hex(v.value) || ''' AS TEXT)'
    ELSE quote(v.value) END, ', ')
  FROM json_each(m.said) v) || ');'
FROM moved m;

SELECT 'DROP TABLE pieces;';
COMMIT;
