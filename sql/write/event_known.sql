-- Nothing to do: the very report stands already. Answers known. A browser that syncs its whole history
-- sends nearly nothing else.
SELECT 1 AS known FROM events e
WHERE e.event_id = @event_id AND e.glue_user_id = @user AND e.fingerprint = @fingerprint AND e.properties = @properties
  AND e.trusted = @trusted AND e.source = @source AND e.server_made = @server_made
  AND e.email IS @email AND e.user_id IS @account AND e.context IS @context
  AND e.host IS @host AND e.path IS @path AND e.device IS @device AND e.browser IS @browser AND e.os IS @os AND e.country IS @country AND e.bot = @bot
  AND e.touch IS @touch AND e.touch_counts = @touch_counts AND (e.touch IS NULL OR e.touch_trusted = @trusted)
  AND EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user);
