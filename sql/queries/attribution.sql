-- Which first source brought how many visitors, and how many of them told who they are?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/attribution.sql
SELECT attribution -> 'first_touch' ->> 'utm_source' AS source, count(*) AS count, sum(identified) AS conversions
FROM users
GROUP BY source
ORDER BY count DESC;
