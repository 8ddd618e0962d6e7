-- The account of an e-mail: that of its newest trusted identification with both; without a trusted one, the account that all public ones name, if they name
-- the same.
SELECT coalesce(
  (SELECT i.user_id FROM identities i
   WHERE i.email_key = @key AND i.trusted = 1 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL
   ORDER BY i.timestamp DESC, i.event_id DESC, i.kind DESC, i.glue_user_id DESC LIMIT 1),
  (SELECT CASE WHEN p.least = p.greatest THEN p.least END FROM (
    SELECT
      (SELECT min(i.user_id) FROM identities i
       WHERE i.email_key = @key AND i.trusted = 0 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL) AS least,
      (SELECT max(i.user_id) FROM identities i
       WHERE i.email_key = @key AND i.trusted = 0 AND i.name IS NOT NULL AND i.email_key IS NOT NULL AND i.user_id IS NOT NULL) AS greatest) p)) AS user_id;
