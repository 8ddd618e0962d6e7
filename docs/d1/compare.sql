-- Run on D1 and on the server's file: counts rows and sums what they hold. Equal databases give equal figures.
-- Lengths are summed value by value, because D1 does not join texts of more than 2 MB.
SELECT 'users' AS name, count(*) AS count, 0 AS fingerprints, sum(
  coalesce(length(glue_user_id), -1) + coalesce(length(email), -1) + coalesce(length(traits), -1) + coalesce(length(attribution), -1)
  + coalesce(length(first_seen), -1) + coalesce(length(last_seen), -1) + coalesce(length(identified), -1)
  + coalesce(length(identified_at), -1) + coalesce(length(last_synced), -1) + coalesce(length(first_touch_key), -1)
  + coalesce(length(last_touch_key), -1) + coalesce(length(logged), -1)) AS characters
FROM users
UNION ALL
SELECT 'events', count(*), sum(fingerprint & 65535), sum(
  coalesce(length(event_id), -1) + coalesce(length(glue_user_id), -1) + coalesce(length(session_id), -1) + coalesce(length(event), -1)
  + coalesce(length(timestamp), -1) + coalesce(length(properties), -1) + coalesce(length(email), -1) + coalesce(length(context), -1)
  + coalesce(length(touch), -1) + coalesce(length(touch_counts), -1) + coalesce(length(server_made), -1)
  + coalesce(length(live_event_id), -1) + coalesce(length(user_id), -1) + coalesce(length(name), -1) + length(claim) + length(trusted) + length(source)
  + coalesce(length(host), -1) + coalesce(length(path), -1) + coalesce(length(device), -1) + coalesce(length(browser), -1) + coalesce(length(os), -1) + coalesce(length(country), -1) + bot)
FROM events
UNION ALL
SELECT 'identities', count(*), sum(fingerprint & 65535), sum(
  coalesce(length(glue_user_id), -1) + coalesce(length(event_id), -1) + coalesce(length(kind), -1) + coalesce(length(timestamp), -1)
  + coalesce(length(email), -1) + coalesce(length(email_key), -1) + coalesce(length(traits), -1) + coalesce(length(context), -1)
  + coalesce(length(first_seen), -1) + coalesce(length(last_seen), -1) + coalesce(length(touch), -1) + coalesce(length(touch_counts), -1)
  + coalesce(length(user_id), -1) + coalesce(length(name), -1) + length(claim) + length(starts) + coalesce(length(taken_back), -1) + coalesce(length(taken_email), -1) + length(trusted) + length(source))
FROM identities
UNION ALL
SELECT 'traits', count(*), 0, sum(length(glue_user_id) + length(name) + length(timestamp) + length(event_id) + length(kind) + coalesce(size, 0) + coalesce(length(value), (
  SELECT length(l.value) FROM long_traits l WHERE l.glue_user_id = t.glue_user_id AND l.event_id = t.event_id AND l.kind = t.kind AND l.name = t.name), 0))
FROM traits t
UNION ALL
SELECT 'sessions', count(*), 0, sum(
  coalesce(length(glue_user_id), -1) + coalesce(length(session_id), -1) + coalesce(length(data), -1) + coalesce(length(synced_at), -1)
  + coalesce(length(event_id), -1))
FROM sessions;
