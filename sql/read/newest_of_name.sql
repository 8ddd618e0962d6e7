-- The greatest time of the identifications by a name, and of those and the events that claim it (@account or @email, the key).
SELECT max(newest) AS newest FROM (
  SELECT max(timestamp) AS newest FROM identities WHERE name = @name AND name IS NOT NULL
  UNION ALL
  SELECT max(timestamp) FROM identities WHERE claim = 1 AND user_id = @account AND user_id IS NOT NULL
  UNION ALL
  SELECT max(timestamp) FROM identities WHERE claim = 1 AND email_key = @email AND email_key IS NOT NULL
  UNION ALL
  SELECT max(timestamp) FROM events WHERE claim = 1 AND user_id = @account AND user_id IS NOT NULL);
