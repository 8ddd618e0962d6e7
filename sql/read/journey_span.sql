-- How many events a profile has, and from when to when.
SELECT
  (SELECT count(*) FROM events WHERE glue_user_id = @user AND id <= @snapshot) AS count,
  (SELECT timestamp FROM events WHERE glue_user_id = @user AND id <= @snapshot ORDER BY timestamp LIMIT 1) AS first,
  (SELECT timestamp FROM events WHERE glue_user_id = @user AND id <= @snapshot ORDER BY timestamp DESC LIMIT 1) AS last;
