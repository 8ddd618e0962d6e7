-- An identification of somebody else loses an e-mail that is erased. Answers count.
UPDATE identities SET email = NULL, email_key = NULL, fingerprint = @fingerprint WHERE id = @id;
SELECT changes() AS count;
