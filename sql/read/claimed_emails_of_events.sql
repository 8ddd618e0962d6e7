-- The e-mails that events claim, in one spelling of those that differ in the case of ASCII letters alone, those after one.
SELECT DISTINCT email COLLATE NOCASE AS email FROM events
WHERE email COLLATE NOCASE > @after AND claim = 1 AND email IS NOT NULL
ORDER BY email COLLATE NOCASE LIMIT @most;
