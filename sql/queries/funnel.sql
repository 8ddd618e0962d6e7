-- How many events, and how many people, reached each step?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/funnel.sql
SELECT event, events AS count, people
FROM funnel_counts
WHERE event IN ('page_view', 'form_submit', 'purchase');
