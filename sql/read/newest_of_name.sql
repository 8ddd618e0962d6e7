-- The greatest time of the identifications by a name.
SELECT max(timestamp) AS newest FROM identities WHERE name = @name AND name IS NOT NULL;
