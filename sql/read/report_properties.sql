-- A property of the events of one name from one time to another, as text.
SELECT e.id, (SELECT CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'text' THEN j.value WHEN 'null' THEN NULL ELSE e.properties -> j.fullkey END
  FROM json_each(e.properties) j WHERE j.key = @property) AS text
FROM events e
WHERE e.event = @name AND e.timestamp >= @start AND e.timestamp < @end;
