-- The tombstones whose rows may not all be gone.
SELECT id, hash, whole, start_time, start_id, end_time, end_id, erasure, applied FROM tombstones WHERE applied = 0 ORDER BY id;
