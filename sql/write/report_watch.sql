-- From now on, changes of rows up to this one are noted.
UPDATE report_logs SET watched = max(watched, @row) WHERE log = @log;
