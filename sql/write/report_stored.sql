-- The chunks have a log up to this row.
UPDATE report_logs SET stored = @row WHERE log = @log;
