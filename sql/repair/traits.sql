-- The rows of the traits that an identity names.
INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, size, value)
SELECT @user, t.key, @timestamp, @event_id, @kind, CASE t.type WHEN 'integer' THEN t.value END, CASE t.type WHEN 'text' THEN t.value END
FROM json_each(@trait_values) t WHERE true
ON CONFLICT DO UPDATE SET size = excluded.size, value = excluded.value;
