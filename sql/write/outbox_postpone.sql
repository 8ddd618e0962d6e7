-- The home has failed on these items (a JSON array of ids): each is tried again, alone, at its own time.
UPDATE outbox SET attempts = attempts + 1, next_try = @next_try WHERE id IN (SELECT value FROM json_each(@ids));
