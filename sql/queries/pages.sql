-- Which pages are looked at most, and by how many people?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/pages.sql
SELECT page, count(*) AS views, count(DISTINCT person) AS people FROM journeys WHERE event = 'page_view' GROUP BY page ORDER BY views DESC, page LIMIT 20;
