-- Of each key of an identity's traits the value that it is to have in traits, or in long_traits if it is long, and the value and the size that are found: no
-- size where the row is missing.
SELECT t.key AS name, coalesce(l.value, t.value) AS value, x.size AS size, coalesce(x.value, y.value) AS found, x.value IS NULL AS is_long
FROM json_each(@trait_values) t
LEFT JOIN json_each(@long_traits) l ON l.key = t.key
LEFT JOIN traits x ON x.glue_user_id = @user AND x.name = t.key AND x.timestamp = @timestamp AND x.event_id = @event_id AND x.kind = @kind
LEFT JOIN long_traits y ON y.glue_user_id = @user AND y.event_id = @event_id AND y.kind = @kind AND y.name = t.key;
