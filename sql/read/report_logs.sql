-- Of each log, up to which row the chunks of reports have it, and its newest row.
SELECT log, stored, watched, format, CASE log WHEN 'events' THEN (SELECT coalesce(max(id), 0) FROM events) ELSE (SELECT coalesce(max(id), 0) FROM identities) END AS newest
FROM report_logs;
