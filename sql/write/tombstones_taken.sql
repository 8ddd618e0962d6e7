-- Tombstones that another database has brought; at a home their rows are yet to go.
INSERT INTO tombstones (hash, whole, start_time, start_id, end_time, end_id, applied)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5, @applied
FROM json_each(@tombstones) j WHERE true
ON CONFLICT DO NOTHING;
