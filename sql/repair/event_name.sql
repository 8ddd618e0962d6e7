-- Whom an event names itself.
UPDATE events SET name = @name WHERE event_id = @event_id;
