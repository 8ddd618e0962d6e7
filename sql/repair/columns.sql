-- The columns of reports are of no known format: the next start makes them anew.
UPDATE report_logs SET format = 0;
