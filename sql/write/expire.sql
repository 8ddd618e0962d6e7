-- Events of a browser expire (a JSON array of their row ids). What they gave its profile stays, as base rows of the log: from when to when it was there, and
-- the first touch and the last that counts. Answers count.
INSERT INTO identities (glue_user_id, event_id, kind, timestamp, first_seen, last_seen, fingerprint, source, created_at)
VALUES (@user, '', 'base', @first_seen, @first_seen, @last_seen, @fingerprint, 'server', @now)
ON CONFLICT (event_id, kind, glue_user_id) DO UPDATE SET
  timestamp = excluded.timestamp, first_seen = excluded.first_seen, last_seen = excluded.last_seen, fingerprint = excluded.fingerprint;
INSERT INTO identities (glue_user_id, event_id, kind, timestamp, touch, touch_counts, fingerprint, source, created_at)
SELECT @user, j.value ->> 0, 'base', j.value ->> 1, j.value ->> 2, CAST(j.value ->> 3 AS INTEGER), CAST(j.value ->> 4 AS INTEGER), 'server', @now
FROM json_each(@touches) j WHERE true
ON CONFLICT DO NOTHING;
DELETE FROM identities WHERE glue_user_id = @user AND kind = 'base' AND touch IS NOT NULL AND name IS NULL AND claim = 0 AND id NOT IN (
  SELECT * FROM (
    SELECT b.id FROM identities b WHERE b.glue_user_id = @user AND b.kind = 'base' AND b.touch IS NOT NULL
    ORDER BY b.timestamp, b.event_id LIMIT 1)
  UNION ALL
  SELECT * FROM (
    SELECT b.id FROM identities b WHERE b.glue_user_id = @user AND b.kind = 'base' AND b.touch IS NOT NULL AND b.touch_counts = 1
    ORDER BY b.timestamp DESC, b.event_id DESC LIMIT 1));
DELETE FROM events WHERE id IN (SELECT value FROM json_each(@ids)) AND +glue_user_id = @user AND +timestamp < @before;
SELECT changes() AS count;
