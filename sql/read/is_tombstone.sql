-- Whether a tombstone is the one of this hash.
SELECT EXISTS (SELECT 1 FROM tombstones WHERE id = @id AND hash = @hash) AS is_one;
