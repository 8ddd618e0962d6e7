-- How many people looked at a page, then sent a form, then bought, each after the step before?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/funnel_in_order.sql
WITH viewed AS (SELECT person, min(timestamp) AS at FROM journeys WHERE event = 'page_view' GROUP BY person),
  sent AS (SELECT v.person, min(j.timestamp) AS at FROM viewed v JOIN journeys j ON j.person = v.person AND j.timestamp > v.at WHERE j.event = 'form_submit' GROUP BY v.person),
  bought AS (SELECT s.person, min(j.timestamp) AS at FROM sent s JOIN journeys j ON j.person = s.person AND j.timestamp > s.at WHERE j.event = 'purchase' GROUP BY s.person)
SELECT 'page_view' AS step, (SELECT count(*) FROM viewed) AS people
UNION ALL SELECT 'form_submit', (SELECT count(*) FROM sent)
UNION ALL SELECT 'purchase', (SELECT count(*) FROM bought);
