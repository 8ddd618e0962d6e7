-- The same of a row of the identity log.
SELECT event_id, glue_user_id, name, touch FROM identities WHERE id = @row;
