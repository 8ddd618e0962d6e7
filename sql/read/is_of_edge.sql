-- Whether it is the database of an edge: it knows another database as its home, or knows none and holds items for one. One that was promoted knows itself.
SELECT CASE
  WHEN EXISTS (SELECT 1 FROM server_state WHERE name = 'home_id')
    THEN EXISTS (SELECT 1 FROM server_state AS home JOIN server_state AS own ON own.name = 'database_id' WHERE home.name = 'home_id' AND home.value <> own.value)
  ELSE EXISTS (SELECT 1 FROM outbox)
END;
