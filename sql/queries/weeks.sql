-- How is this week beside the last one, by the same days?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/weeks.sql
SELECT CASE WHEN day > date('now', '-7 days') THEN 'last 7 days' ELSE 'the 7 days before' END AS week,
  sum(people) AS daily_people, sum(sessions) AS sessions, sum(page_views) AS page_views, sum(events) AS events
FROM daily WHERE day > date('now', '-14 days')
GROUP BY week ORDER BY week DESC;
