-- A long value of traits.
SELECT value FROM long_traits WHERE glue_user_id = @user AND event_id = @eventId AND kind = @kind AND name = @name;
