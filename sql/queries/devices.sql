-- With what do people come, and from where?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/devices.sql
SELECT device, browser, os, country, count(DISTINCT glue_user_id) AS browsers, count(*) AS events FROM events WHERE bot = 0
GROUP BY device, browser, os, country ORDER BY browsers DESC, events DESC LIMIT 20;
