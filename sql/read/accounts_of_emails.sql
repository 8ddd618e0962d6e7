-- The account of each of these e-mails (a JSON array of keys): that of its newest trusted identification with both; without a trusted one, the account that
-- all public ones name, if they name the same. NULL: none.
SELECT j.value AS email_key, coalesce(
  (SELECT i.user_id FROM identities i
   WHERE i.email_key = j.value AND i.trusted = 1 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL
   ORDER BY i.timestamp DESC, i.event_id DESC, i.kind DESC, i.glue_user_id DESC LIMIT 1),
  CASE
    WHEN (SELECT min(i.user_id) FROM identities i
      WHERE i.email_key = j.value AND i.trusted = 0 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL)
      = (SELECT max(i.user_id) FROM identities i
      WHERE i.email_key = j.value AND i.trusted = 0 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL)
    THEN (SELECT max(i.user_id) FROM identities i
      WHERE i.email_key = j.value AND i.trusted = 0 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL) END) AS user_id
FROM json_each(@keys) j;
