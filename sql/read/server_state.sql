-- What the server keeps for itself under a name.
SELECT value FROM server_state WHERE name = @name;
