-- The rows of the traits that an identity names.
INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, value)
SELECT @user, t.key, @timestamp, @event_id, @kind, t.value FROM json_each(@trait_values) t WHERE true
ON CONFLICT DO UPDATE SET value = excluded.value;
