-- Rows that were changed since they were copied, those noted first, at most so many.
SELECT id, log, row, glue_user_id FROM report_changes ORDER BY id LIMIT @most;
