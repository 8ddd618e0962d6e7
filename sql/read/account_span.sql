-- How many events name an account themselves, and from when to when.
SELECT count(*) AS count, min(timestamp) AS first, max(timestamp) AS last FROM events WHERE user_id = @value AND user_id IS NOT NULL AND claim = 0 AND id <= @snapshot;
