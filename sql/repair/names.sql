-- Whom an identity names, and the key of its e-mail.
UPDATE identities SET name = @name, email_key = @email_key WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind;
