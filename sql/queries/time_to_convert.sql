-- How many days pass from the first visit to the first purchase?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/time_to_convert.sql
WITH people AS (
  SELECT person, julianday(min(CASE WHEN event = 'purchase' THEN timestamp END)) - julianday(min(timestamp)) AS days FROM journeys GROUP BY person)
SELECT CASE WHEN days < 1 THEN 'within a day' WHEN days < 7 THEN '1 to 7 days' WHEN days < 30 THEN '7 to 30 days' ELSE 'later' END AS after_the_first_visit, count(*) AS people
FROM people WHERE days IS NOT NULL
GROUP BY 1 ORDER BY min(days);
