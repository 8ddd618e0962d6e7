-- Who was here last?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/people.sql
SELECT person, browsers, first_seen, last_seen, events, first_source, last_source FROM people_overview ORDER BY last_seen DESC LIMIT 20;
