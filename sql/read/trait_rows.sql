-- Of each key of an identity's traits the value that it is to have in traits, or in long_traits if it is long, and what is found: whether there is a row,
-- its value, and the size that it tells of a long one.
SELECT t.key AS name, coalesce(l.value, t.value) AS value, x.name IS NOT NULL AS is_there, CASE WHEN x.size IS NULL THEN x.value ELSE y.value END AS found, x.size AS size
FROM json_each(@trait_values) t
LEFT JOIN json_each(@long_traits) l ON l.key = t.key
LEFT JOIN traits x ON x.glue_user_id = @user AND x.name = t.key AND x.timestamp = @timestamp AND x.event_id = @event_id AND x.kind = @kind
LEFT JOIN long_traits y ON y.glue_user_id = @user AND y.event_id = @event_id AND y.kind = @kind AND y.name = t.key;
