-- How many events, and how many visitors, reached each step?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/funnel.sql
SELECT event, count(*) AS count, count(DISTINCT glue_user_id) AS visitors
FROM events
WHERE event IN ('page_view', 'form_submit', 'purchase')
GROUP BY event
ORDER BY visitors DESC;
