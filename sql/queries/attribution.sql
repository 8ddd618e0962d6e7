-- Which source brought how many people at first, and how many of them told who they are?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/attribution.sql
SELECT * FROM attribution_first_touch;
