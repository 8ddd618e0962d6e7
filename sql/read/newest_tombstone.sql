-- The newest tombstone, 0 where there is none.
SELECT coalesce(max(id), 0) FROM tombstones;
