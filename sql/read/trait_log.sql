-- The traits of these browsers (a JSON array of ids), key by key of each, the newest of a key first; a long value is left out.
SELECT t.glue_user_id, t.name, t.timestamp, t.event_id, t.kind, t.size, t.value FROM json_each(@users) j JOIN traits t ON t.glue_user_id = j.value
ORDER BY t.glue_user_id, t.name, t.timestamp DESC, t.event_id DESC, t.kind DESC;
