-- The chunks that there are count for nothing, and those to come are of this format.
UPDATE report_logs SET stored = 0, watched = 0, format = @format;
DELETE FROM report_changes;
