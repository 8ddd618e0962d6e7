-- A long value that no identity names.
DELETE FROM long_traits WHERE glue_user_id = @user AND name = @trait AND event_id = @event_id AND kind = @kind;
