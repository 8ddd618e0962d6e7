-- From when to when a browser was there by events that have expired.
SELECT glue_user_id, first_seen, last_seen FROM identities WHERE event_id = '' AND kind = 'base' AND glue_user_id = @user;
