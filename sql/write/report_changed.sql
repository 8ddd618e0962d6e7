-- The chunks have the changes up to this note. Row ids behind the newest row may be given again: the chunks have none of them.
DELETE FROM report_changes WHERE id <= @last;
UPDATE report_logs SET stored = min(stored, (SELECT coalesce(max(id), 0) FROM events)) WHERE log = 'events';
UPDATE report_logs SET stored = min(stored, (SELECT coalesce(max(id), 0) FROM identities)) WHERE log = 'identities';
