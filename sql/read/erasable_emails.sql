-- Identifications of others that carry an e-mail (its key), before a place, with what their fingerprint is made of.
SELECT id, glue_user_id, user_id, traits, context, first_seen, last_seen, touch FROM identities
WHERE email_key = @email AND name IS NOT NULL AND email_key IS NOT NULL AND user_id IS NOT NULL AND (timestamp, event_id) < (@endTime, @endId)
LIMIT @most;
