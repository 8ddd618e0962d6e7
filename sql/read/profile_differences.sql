-- Of each profile that has a log, whether its parts differ from what the log makes of them: e-mail, traits, times, touches.
SELECT u.glue_user_id,
  (u.email, u.identified, u.identified_at) IS NOT (d.email, d.identified, d.identified_at),
  coalesce(u.traits, '{}') IS NOT d.traits,
  (u.first_seen, u.last_seen) IS NOT (d.first_seen, d.last_seen),
  (u.attribution, u.first_touch_key, u.last_touch_key) IS NOT (d.attribution, d.first_touch_key, d.last_touch_key)
FROM users u JOIN derived_profiles d ON d.glue_user_id = u.glue_user_id
WHERE u.logged = 1 ORDER BY u.id;
