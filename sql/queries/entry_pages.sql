-- On which pages do sessions begin, and how many of these end with a purchase?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/entry_pages.sql
WITH sessions_of_people AS (
  SELECT person, session_id, page, event, row_number() OVER (PARTITION BY person, glue_user_id, session_id, event = 'page_view' ORDER BY timestamp, event_id) AS n,
    max(event = 'purchase') OVER (PARTITION BY person, glue_user_id, session_id) AS buys
  FROM journeys WHERE session_id IS NOT NULL)
SELECT page, count(*) AS sessions, sum(buys) AS purchases
FROM sessions_of_people WHERE event = 'page_view' AND n = 1
GROUP BY page ORDER BY sessions DESC, page LIMIT 20;
