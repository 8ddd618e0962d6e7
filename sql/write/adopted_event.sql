-- An event that was put in by hand: from now on it is like any other. A touch that came with it stays.
UPDATE events SET
  timestamp = @timestamp, properties = @properties, name = @name, fingerprint = @fingerprint,
  touch = coalesce(touch, @touch), touch_counts = CASE WHEN touch IS NULL THEN @touch_counts ELSE touch_counts END,
  touch_trusted = trusted * (coalesce(touch, @touch) IS NOT NULL)
WHERE id = @id AND fingerprint IS NULL;
