-- Chunks of rows behind those that count as stored were left behind by a kill.
DELETE FROM report_chunks WHERE log = @log AND first_row > (SELECT stored FROM report_logs WHERE log = @log);
-- From now on, changes of rows up to this one are noted.
UPDATE report_logs SET watched = max(watched, @row) WHERE log = @log;
