-- Which database the home of this edge is.
INSERT INTO server_state (name, value) VALUES ('home_id', @home)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
