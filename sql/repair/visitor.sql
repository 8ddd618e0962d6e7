-- A visitor who has rows in a log and none in users. The profile is made by its logs next.
INSERT INTO users (glue_user_id, created_at, updated_at, logged) VALUES (@user, @now, @now, 1);
