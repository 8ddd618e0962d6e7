-- How many events of a browser in a window name nobody themselves, and from when to when.
SELECT count(*) AS count, min(timestamp) AS first, max(timestamp) AS last
FROM events
WHERE glue_user_id = @user AND id <= @snapshot AND (claim = 1 OR (user_id IS NULL AND email_key IS NULL))
  AND timestamp >= @startTime AND (timestamp > @startTime OR event_id >= @startId)
  AND timestamp <= @boundTime AND (timestamp < @boundTime OR event_id < @boundId);
