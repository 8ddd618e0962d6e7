-- What the server keeps for itself, by name: when it was last asked whether the database takes a write.
CREATE TABLE server_state (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
