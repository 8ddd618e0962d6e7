-- The traits of a browser, key by key, the newest of each first; a long value is left out.
SELECT name, timestamp, event_id, kind, size, value FROM traits WHERE glue_user_id = @user ORDER BY name, timestamp DESC, event_id DESC, kind DESC;
