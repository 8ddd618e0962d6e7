-- What did each source bring in the last 30 days: people, and those of them who bought?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/sources.sql
SELECT coalesce(o.last_source, '(none)') AS source, count(*) AS people, sum(EXISTS (SELECT 1 FROM journeys j WHERE j.person = o.person AND j.event = 'purchase')) AS buyers
FROM people_overview o
WHERE o.last_seen > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-30 days')
GROUP BY 1 ORDER BY people DESC, 1;
