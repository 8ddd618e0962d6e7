-- Of each key of an identity's traits the value as it is to stand in traits, and as it stands there: none where the row is missing.
SELECT t.key AS name, t.value AS expected, x.value AS found
FROM json_each(@trait_values) t
LEFT JOIN traits x ON x.glue_user_id = @user AND x.name = t.key AND x.timestamp = @timestamp AND x.event_id = @event_id AND x.kind = @kind;
