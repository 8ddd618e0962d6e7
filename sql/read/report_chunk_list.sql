-- Which chunks one part of the browsers has.
SELECT id, first_row, last_row, length(data) AS size FROM report_chunks WHERE log = @log AND part = @part ORDER BY first_row;
