-- Whether pages of more than one host were looked at.
SELECT EXISTS (
  SELECT 1 FROM events WHERE host IS NOT NULL AND host <> (SELECT first.host FROM events first WHERE first.host IS NOT NULL ORDER BY first.id LIMIT 1)) AS are_several;
