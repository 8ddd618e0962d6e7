-- From when to when there are events, and how many rows of each table.
SELECT (SELECT min(timestamp) FROM events) AS first_event, (SELECT max(timestamp) FROM events) AS last_event, (SELECT count(*) FROM events) AS events,
  (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM identities) AS identities, (SELECT count(*) FROM sessions) AS sessions;
