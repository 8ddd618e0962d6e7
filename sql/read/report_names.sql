-- The browsers on which events have names of their own, behind a name and browser, at most so many.
SELECT DISTINCT name, glue_user_id FROM events
WHERE (name, glue_user_id) > (@name, @user) AND name IS NOT NULL AND id <= @snapshot
ORDER BY name, glue_user_id LIMIT @most;
