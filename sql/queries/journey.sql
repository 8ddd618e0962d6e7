-- What did the person with this e-mail do, in the order of time?
--   sqlite3 -readonly -box -cmd ".parameter set :email 'test@example.com'" data/dataglue.db < sql/queries/journey.sql
SELECT e.timestamp, e.event, e.session_id, e.properties
FROM users u
JOIN events e ON e.glue_user_id = u.glue_user_id
WHERE u.email = :email COLLATE NOCASE
ORDER BY e.timestamp, e.event_id;
