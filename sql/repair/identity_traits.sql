-- The traits of an identity.
SELECT traits FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind;
