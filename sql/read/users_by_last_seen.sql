-- The profiles of these browsers (a JSON array of their ids), the one seen last first.
SELECT u.glue_user_id FROM json_each(@users) j JOIN users u ON u.glue_user_id = j.value ORDER BY u.last_seen DESC, u.glue_user_id;
