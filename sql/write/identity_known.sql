-- Nothing to do: the very report stands already. Answers known and identified.
SELECT 1 AS known, u.identified FROM identities i JOIN users u ON u.glue_user_id = i.glue_user_id
WHERE i.event_id = @event_id AND i.glue_user_id = @user AND i.kind = @kind AND i.timestamp = @timestamp AND i.fingerprint = @fingerprint
  AND i.trusted = @trusted AND i.source = @source AND i.name IS @name AND i.claim = @claim AND i.traits IS @traits AND i.context IS @context;
