-- The texts of an event, by its row.
SELECT event_id, glue_user_id, name, touch FROM events WHERE id = @row;
