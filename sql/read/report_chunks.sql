-- The chunks of one part of the browsers.
SELECT id, first_row, last_row, data FROM report_chunks WHERE log = @log AND part = @part ORDER BY first_row;
