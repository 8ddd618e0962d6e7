-- The browsers that identifications by any of these names (a JSON array) joined, and whether a trusted one did.
SELECT i.glue_user_id, max(i.trusted) AS trusted FROM json_each(@names) j JOIN identities i ON i.name = j.value AND i.name IS NOT NULL
GROUP BY i.glue_user_id ORDER BY i.glue_user_id;
