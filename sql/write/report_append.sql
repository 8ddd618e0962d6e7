-- The chunks of the next rows of a log (a JSON array of arrays of part, hosts, names and data, in hexadecimal digits), and that they are there.
INSERT INTO report_chunks (part, log, first_row, last_row, hosts, names, data)
SELECT j.value ->> 0, @log, @first_row, @last_row, j.value ->> 1, unhex(j.value ->> 2), unhex(j.value ->> 3) FROM json_each(@chunks) j;
UPDATE report_logs SET stored = @last_row WHERE log = @log;
