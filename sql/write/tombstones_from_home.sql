-- Tombstones of the home, their key, and up to which this edge has them. Under another key nobody knows what they are of.
DELETE FROM tombstones WHERE NOT EXISTS (SELECT 1 FROM server_state WHERE name = 'tombstone_key' AND value = @key);
INSERT INTO server_state (name, value) VALUES ('tombstone_key', @key), ('tombstones_after', @after), ('tombstones_last', @last)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
INSERT INTO tombstones (hash, whole, start_time, start_id, end_time, end_id, applied)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5, 1
FROM json_each(@tombstones) j WHERE true
ON CONFLICT DO NOTHING;
