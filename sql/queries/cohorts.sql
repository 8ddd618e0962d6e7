-- Of the people who came for the first time in each week, how many came back one, two, three and four weeks later?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/cohorts.sql
WITH firsts AS (SELECT person, min(timestamp) AS at FROM journeys GROUP BY person),
  later AS (SELECT DISTINCT f.person, date(f.at, 'weekday 0', '-6 days') AS week, CAST((julianday(j.timestamp) - julianday(f.at)) / 7 AS INTEGER) AS n
    FROM firsts f JOIN journeys j ON j.person = f.person)
SELECT week, sum(n = 0) AS people, sum(n = 1) AS week_1, sum(n = 2) AS week_2, sum(n = 3) AS week_3, sum(n = 4) AS week_4
FROM later GROUP BY week ORDER BY week;
