-- The home is to be learned anew.
DELETE FROM server_state WHERE name = 'home_id';
