-- An event that was put in by hand: from now on it is like any other. A touch, a host, a path and the like that came with it stay.
UPDATE events SET
  timestamp = @timestamp, properties = @properties, name = @name, fingerprint = @fingerprint,
  touch = coalesce(touch, @touch), touch_counts = CASE WHEN touch IS NULL THEN @touch_counts ELSE touch_counts END,
  host = coalesce(host, @host), path = coalesce(path, @path), device = coalesce(device, @device), browser = coalesce(browser, @browser), os = coalesce(os, @os), country = coalesce(country, @country),
  bot = max(bot, @bot),
  touch_trusted = trusted * (coalesce(touch, @touch) IS NOT NULL)
WHERE id = @id AND fingerprint IS NULL;
