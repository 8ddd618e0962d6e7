-- What did the person with this e-mail do, on all their browsers, in the order of time?
--   sqlite3 -readonly -box -cmd ".parameter set :email 'test@example.com'" data/dataglue.db < sql/queries/journey.sql
SELECT timestamp, event, session_id, properties
FROM journeys
WHERE person = coalesce((SELECT 'account:' || user_id FROM email_accounts WHERE email_key = lower(:email)), 'email:' || lower(:email))
ORDER BY timestamp, event_id;
