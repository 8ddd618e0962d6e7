-- Whether people looked at pages of more than one host.
SELECT EXISTS (
  SELECT 1 FROM events WHERE event = 'page_view' AND bot = 0 AND host IS NOT NULL AND host <> (
    SELECT first.host FROM events first WHERE first.event = 'page_view' AND first.bot = 0 AND first.host IS NOT NULL ORDER BY first.id LIMIT 1)) AS are_several;
