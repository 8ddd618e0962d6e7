-- All tombstones.
SELECT id, hash, whole, start_time, start_id, end_time, end_id, erasure, applied FROM tombstones ORDER BY id;
