-- The long values of the traits that an identity names.
INSERT INTO long_traits (glue_user_id, event_id, kind, name, value)
SELECT @user, @event_id, @kind, t.key, t.value FROM json_each(@long_traits) t WHERE true
ON CONFLICT DO UPDATE SET value = excluded.value;
