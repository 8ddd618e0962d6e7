-- Whether it has been the database of an edge, which knows its home.
SELECT EXISTS (SELECT 1 FROM server_state WHERE name = 'home_id');
