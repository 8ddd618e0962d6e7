-- A property of the events of one name from one time to another, as JSON.
SELECT e.id, (SELECT CASE j.type WHEN 'integer' THEN e.properties -> j.fullkey WHEN 'real' THEN e.properties -> j.fullkey END FROM json_each(e.properties) j WHERE j.key = @property) AS value
FROM events e
WHERE e.event = @name AND e.timestamp >= @start AND e.timestamp < @end;
