-- Something is to be erased: from the commit of this on, nothing of it comes back. Answers erasure.
INSERT INTO erasures (time, kind, key) VALUES (@now, @kind, @key);
INSERT INTO tombstones (hash, whole, start_time, start_id, end_time, end_id, erasure)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5, (SELECT max(id) FROM erasures)
FROM json_each(@tombstones) j WHERE true
ON CONFLICT DO UPDATE SET applied = 0, erasure = excluded.erasure;
SELECT max(id) AS erasure FROM erasures;
