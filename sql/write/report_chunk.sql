-- A chunk takes the place of others of its log and part (a JSON array of ids). No data: there are no rows any more.
DELETE FROM report_chunks WHERE id IN (SELECT value FROM json_each(@ids));
INSERT INTO report_chunks (part, log, first_row, last_row, hosts, names, data)
SELECT @part, @log, @first_row, @last_row, @hosts, unhex(@names), unhex(@data) WHERE @data IS NOT NULL;
