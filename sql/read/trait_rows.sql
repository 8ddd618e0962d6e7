-- Of each key of an identity's traits the value, its size in bytes and, where it is long, its place in the text; and what stands in traits: no size where the
-- row is missing.
SELECT t.key AS name, t.value AS value, octet_length(t.value) AS size,
  CASE WHEN octet_length(t.value) > 512 THEN nullif(instr(CAST(i.traits AS BLOB), CAST(t.value AS BLOB)), 0) END AS place,
  x.value AS found_value, x.size AS found_size, x.place AS found_place
FROM identities i, json_each(@trait_values) t
LEFT JOIN traits x ON x.glue_user_id = @user AND x.name = t.key AND x.timestamp = @timestamp AND x.event_id = @event_id AND x.kind = @kind
WHERE i.event_id = @event_id AND i.glue_user_id = @user AND i.kind = @kind;
