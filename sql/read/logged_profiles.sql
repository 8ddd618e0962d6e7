-- How many profiles follow from a log.
SELECT count(*) FROM users WHERE logged = 1;
