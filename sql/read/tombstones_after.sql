-- Tombstones behind one, at most so many.
SELECT id, hash, whole, start_time, start_id, end_time, end_id, erasure, applied FROM tombstones WHERE id > @after ORDER BY id LIMIT @most;
