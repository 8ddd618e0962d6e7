-- The rows of the traits that an identity names.
INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, size, value, place)
SELECT @user, name, @timestamp, @event_id, @kind, octet_length(value), CASE WHEN place IS NULL THEN value END, place
FROM (
  SELECT t.key AS name, t.value, CASE WHEN octet_length(t.value) > 512 THEN nullif(instr(CAST(i.traits AS BLOB), CAST(t.value AS BLOB)), 0) END AS place
  FROM identities i, json_each(@trait_values) t WHERE i.event_id = @event_id AND i.glue_user_id = @user AND i.kind = @kind)
WHERE true
ON CONFLICT DO UPDATE SET size = excluded.size, value = excluded.value, place = excluded.place;
