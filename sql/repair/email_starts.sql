-- The mark of an e-mail that is another than the one before it is wrong.
UPDATE identities SET email_starts = 1 - email_starts WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind;
