-- The mark where a span begins is wrong.
UPDATE identities SET starts = 1 - starts WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind;
