-- A row of traits that no identity names.
DELETE FROM traits WHERE glue_user_id = @user AND name = @trait AND timestamp = @timestamp AND event_id = @event_id AND kind = @kind;
