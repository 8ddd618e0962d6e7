-- The time of the newest sync of a profile.
INSERT INTO users (glue_user_id, last_synced, created_at, updated_at, logged)
VALUES (@user, @synced_at, @received, @received, 1)
ON CONFLICT (glue_user_id) DO UPDATE SET last_synced = excluded.last_synced, updated_at = excluded.updated_at
WHERE excluded.last_synced > coalesce(users.last_synced, '');
