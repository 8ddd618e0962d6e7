-- The key of the home's tombstones, and up to which this edge has them. Under another key nobody knows what they are of.
DELETE FROM tombstones WHERE NOT EXISTS (SELECT 1 FROM server_state WHERE name = 'tombstone_key' AND value = @key);
INSERT INTO server_state (name, value) VALUES ('tombstone_key', @key), ('tombstones_after', @after)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
