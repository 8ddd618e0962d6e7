-- The browsers that identifications by a name joined, and whether a trusted one did.
SELECT glue_user_id, max(trusted) AS trusted FROM identities WHERE name = @name AND name IS NOT NULL GROUP BY glue_user_id;
