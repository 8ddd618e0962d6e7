-- The e-mails that were named together with an account.
SELECT DISTINCT email_key FROM identities WHERE user_id = @account AND name IS NOT NULL AND email_key IS NOT NULL AND user_id IS NOT NULL ORDER BY email_key;
