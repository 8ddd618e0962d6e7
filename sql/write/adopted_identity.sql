-- A row of the identity log that was put in by hand: from now on it is like any other.
UPDATE identities SET timestamp = @timestamp, traits = @traits, email_key = @email_key, name = @name, fingerprint = @fingerprint
WHERE id = @id AND fingerprint IS NULL;

-- Where spans begin: at this row, and at the one behind it that names somebody.
UPDATE identities SET starts = (name IS NOT (
  SELECT p.name FROM identities p
  WHERE p.glue_user_id = identities.glue_user_id AND p.name IS NOT NULL
    AND (p.timestamp, p.event_id, p.kind) < (identities.timestamp, identities.event_id, identities.kind)
  ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1))
WHERE name IS NOT NULL AND id IN (
  SELECT @id
  UNION ALL
  SELECT * FROM (
    SELECT n.id FROM identities s JOIN identities n ON n.glue_user_id = s.glue_user_id AND n.name IS NOT NULL
      AND (n.timestamp, n.event_id, n.kind) > (s.timestamp, s.event_id, s.kind)
    WHERE s.id = @id ORDER BY n.timestamp, n.event_id, n.kind LIMIT 1));

-- The keys of its traits.
INSERT INTO traits (glue_user_id, name, timestamp, event_id, kind, size, value)
SELECT i.glue_user_id, t.key, i.timestamp, i.event_id, i.kind, CASE t.type WHEN 'integer' THEN t.value END, CASE t.type WHEN 'text' THEN t.value END
FROM identities i, json_each(@trait_values) t WHERE i.id = @id
ON CONFLICT DO NOTHING;
INSERT INTO long_traits (glue_user_id, event_id, kind, name, value)
SELECT i.glue_user_id, i.event_id, i.kind, t.key, t.value FROM identities i, json_each(@long_traits) t WHERE i.id = @id
ON CONFLICT DO NOTHING;
