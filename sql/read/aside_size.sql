-- How much the items that are aside take, in bytes, with what a row takes beside its item.
SELECT coalesce(sum(octet_length(item) + 256), 0) FROM outbox_aside;
