-- A row of the log that e-mail, traits and identification of a profile follow from: an identification, the profile of a sync, or a touch that such
-- a profile brought. An id is bound to its visitor where an identification brought it; the ids of a sync are its visitor's own affair.
-- Of two reports of one id the one that is least by (trusted first, time, fingerprint, source, traits, context) stands whole.

-- A trusted write has its id whoever came first: a public event of another visitor (@owner, whom an earlier run has answered) stands under
-- an id of its own from now on.
UPDATE events SET
  event_id = CASE WHEN event_id = @event_id THEN @owner_id ELSE event_id END,
  live_event_id = CASE WHEN live_event_id = @event_id THEN @owner_id ELSE live_event_id END
WHERE glue_user_id = @owner AND (event_id = @event_id OR live_event_id = @event_id) AND trusted < @trusted
  AND NOT EXISTS (SELECT 1 FROM event_ids WHERE event_id = @owner_id);
UPDATE users SET (attribution, first_touch_key, last_touch_key) = (
  SELECT attribution, first_touch_key, last_touch_key FROM derived_profiles WHERE glue_user_id = @owner)
WHERE glue_user_id = @owner AND logged = 1 AND changes() = 1;

-- Is it known, is the id another visitor's, and was the profile identified before? Answers known, taken, identified, and the owner of a public
-- event that stands in the way of a trusted identification.
SELECT EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind) AS known,
  (@kind = 'identify' AND EXISTS (SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND trusted = @trusted)) AS taken,
  CASE WHEN @kind = 'identify' THEN (
    SELECT glue_user_id FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND is_event = 1 AND trusted < @trusted LIMIT 1) END AS owner,
  EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user AND identified = 1) AS identified;

-- A report that stands and comes after this one goes, with its traits. Whoever is named after it has another before him then.
UPDATE identities SET starts = (name IS NOT (
  SELECT p.name FROM identities p
  JOIN identities s ON s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
    AND (1 - @trusted, @timestamp, @fingerprint, @source, coalesce(@traits, ''), coalesce(@context, ''))
      < (1 - s.trusted, s.timestamp, s.fingerprint, s.source, coalesce(s.traits, ''), coalesce(s.context, ''))
  WHERE p.glue_user_id = @user AND p.name IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (s.timestamp, s.event_id, s.kind)
  ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1))
WHERE id = (
  SELECT n.id FROM identities n
  JOIN identities s ON s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
    AND (1 - @trusted, @timestamp, @fingerprint, @source, coalesce(@traits, ''), coalesce(@context, ''))
      < (1 - s.trusted, s.timestamp, s.fingerprint, s.source, coalesce(s.traits, ''), coalesce(s.context, ''))
  WHERE s.name IS NOT NULL AND n.glue_user_id = @user AND n.name IS NOT NULL AND (n.timestamp, n.event_id, n.kind) > (s.timestamp, s.event_id, s.kind)
  ORDER BY n.timestamp, n.event_id, n.kind LIMIT 1)
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))));
DELETE FROM traits WHERE glue_user_id = @user AND event_id = @event_id AND kind = @kind
  AND name IN (SELECT j.key FROM identities s, json_each(s.traits) j WHERE s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
      AND (1 - @trusted, @timestamp, @fingerprint, @source, coalesce(@traits, ''), coalesce(@context, ''))
      < (1 - s.trusted, s.timestamp, s.fingerprint, s.source, coalesce(s.traits, ''), coalesce(s.context, '')))
  AND timestamp = (SELECT s.timestamp FROM identities s WHERE s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind)
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))));
DELETE FROM long_traits WHERE glue_user_id = @user AND event_id = @event_id AND kind = @kind
  AND EXISTS (SELECT 1 FROM identities s WHERE s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
      AND (1 - @trusted, @timestamp, @fingerprint, @source, coalesce(@traits, ''), coalesce(@context, ''))
      < (1 - s.trusted, s.timestamp, s.fingerprint, s.source, coalesce(s.traits, ''), coalesce(s.context, '')))
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))));
DELETE FROM identities WHERE id = (SELECT s.id FROM identities s WHERE s.event_id = @event_id AND s.glue_user_id = @user AND s.kind = @kind
    AND (1 - @trusted, @timestamp, @fingerprint, @source, coalesce(@traits, ''), coalesce(@context, ''))
      < (1 - s.trusted, s.timestamp, s.fingerprint, s.source, coalesce(s.traits, ''), coalesce(s.context, '')))
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))));

-- Whoever is named behind the new row has this one before him.
UPDATE identities SET starts = (name IS NOT @name)
WHERE id = (
  SELECT n.id FROM identities n
  WHERE n.glue_user_id = @user AND n.name IS NOT NULL AND (n.timestamp, n.event_id, n.kind) > (@timestamp, @event_id, @kind)
  ORDER BY n.timestamp, n.event_id, n.kind LIMIT 1)
  AND @name IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind)
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))));

-- The keys of its traits: each with its value, or the size of a long one.
INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, size, value)
SELECT @user, t.key, @timestamp, @event_id, @kind, CASE t.type WHEN 'integer' THEN t.value END, CASE t.type WHEN 'text' THEN t.value END
FROM json_each(@trait_values) t
WHERE NOT EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind)
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))))
ON CONFLICT DO NOTHING;
INSERT INTO long_traits (glue_user_id, event_id, kind, name, value)
SELECT @user, @event_id, @kind, t.key, t.value FROM json_each(@long_traits) t
WHERE NOT EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind)
  AND NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))))
ON CONFLICT DO NOTHING;

-- The row itself.
INSERT INTO identities
  (glue_user_id, event_id, kind, timestamp, email, email_key, user_id, name, claim, starts, traits, context, first_seen, last_seen, touch, touch_counts,
   fingerprint, trusted, source, created_at)
SELECT @user, @event_id, @kind, @timestamp, @email, @email_key, @account, @name, @claim,
  @name IS NOT NULL AND @name IS NOT (
    SELECT p.name FROM identities p
    WHERE p.glue_user_id = @user AND p.name IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (@timestamp, @event_id, @kind)
    ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1),
  @traits, @context, @first_seen, @last_seen, @touch, @touch_counts, @fingerprint, @trusted, @source, @received
WHERE NOT (@kind = 'identify' AND EXISTS (
    SELECT 1 FROM id_owners WHERE event_id = @event_id AND glue_user_id <> @user AND (trusted = @trusted OR (is_event = 1 AND trusted < @trusted))))
ON CONFLICT DO NOTHING;

-- Its visitor, where the row is new.
INSERT INTO users (glue_user_id, created_at, updated_at, logged)
SELECT @user, @received, @received, 1 WHERE changes() = 1
ON CONFLICT (glue_user_id) DO UPDATE SET updated_at = excluded.updated_at;

-- The profile, by its logs.
UPDATE users SET (email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key) = (
  SELECT email, identified, identified_at, traits, first_seen, last_seen, attribution, first_touch_key, last_touch_key
  FROM derived_profiles WHERE glue_user_id = @user)
WHERE glue_user_id = @user AND logged = 1 AND changes() = 1;
