-- The newest event, as a row id: what a journey that is read now may hold.
SELECT coalesce(max(id), 0) FROM events;
