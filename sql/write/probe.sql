-- Asks whether the database takes a write; changes nothing of anybody's.
INSERT INTO server_state (name, value) VALUES ('probed_at', @now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
