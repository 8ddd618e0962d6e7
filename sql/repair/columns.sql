-- The columns of reports are made anew.
DELETE FROM report_chunks;
DELETE FROM report_changes;
UPDATE report_logs SET stored = 0, watched = 0;
