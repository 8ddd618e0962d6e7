namespace DataGlue.Edge.Storage;

public static partial class WriteSql
{
    // An id is bound to its visitor where an identify brought it; the ids of a sync are its visitor's own affair.
    private const string StolenIdentity = $"(@kind = 'identify' AND {Stolen})";

    private const string PriorIdentity = $"""
        SELECT {StolenIdentity} AS stolen,
          EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind) AS known,
          (EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user AND identified = 1)
            OR EXISTS (SELECT 1 FROM identities WHERE glue_user_id = @user AND email IS NOT NULL)) AS identified
        """;

    private const int MaxTraitKeys = 1_000;

    private const int MaxTraitLength = 65_536;

    // A key and its value take five characters at least.
    private const int ShortTraits = 5 * MaxTraitKeys;

    private const string WireFormat = "'%Y-%m-%dT%H:%M:%fZ'";

    // A row inserted by hand has no log: what it says becomes the first rows of one.
    private const string AdoptRows = $"""
        INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, email_key, traits, first_seen, last_seen, touch, touch_counts, created_at)
        SELECT u.glue_user_id, '', 'base',
          coalesce(strftime({WireFormat}, u.identified_at), strftime({WireFormat}, u.first_seen), strftime({WireFormat}, u.created_at), @received),
          u.email, lower(u.email), u.traits, strftime({WireFormat}, u.first_seen), strftime({WireFormat}, u.last_seen), NULL, 0, @received
        FROM users u WHERE u.logged = 0 AND
        """;

    private const string AdoptTouch = $"""
        SELECT u.glue_user_id, '', t.kind,
          coalesce(strftime({WireFormat}, u.attribution -> t.kind ->> 'timestamp'), strftime({WireFormat}, u.first_seen), strftime({WireFormat}, u.created_at), @received),
          NULL, NULL, NULL, NULL, NULL, json_remove(u.attribution -> t.kind, '$.timestamp'), t.counts, @received
        FROM users u JOIN (SELECT 'first_touch' AS kind, 0 AS counts UNION ALL SELECT 'last_touch', 1) t
        WHERE u.logged = 0 AND json_type(u.attribution, '$.' || t.kind) = 'object'
          AND json_remove(u.attribution -> t.kind, '$.timestamp') <> '{EmptyObject}' AND
        """;

    private const string EmptyObject = "{}";

    private const string AdoptForEvent = $"""
        {AdoptRows} u.glue_user_id = @user AND NOT {Stolen}
        UNION ALL {AdoptTouch} u.glue_user_id = @user AND NOT {Stolen}
        ON CONFLICT DO NOTHING
        """;

    private const string AdoptForIdentity = $"""
        {AdoptRows} u.glue_user_id = @user AND NOT {StolenIdentity}
        UNION ALL {AdoptTouch} u.glue_user_id = @user AND NOT {StolenIdentity}
        ON CONFLICT DO NOTHING
        """;

    // Stale, when an earlier report of the same id is known to be wrong, or when this one belongs before the newest.
    private const string MarkStaleByIdentity = $"""
        UPDATE users SET stale = CASE WHEN EXISTS (
            SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind) THEN 3 ELSE stale | 1 END
        WHERE glue_user_id = @user AND stale < 3
          AND CASE WHEN EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind)
            THEN EXISTS (
              SELECT 1 FROM identities
              WHERE event_id = @event_id AND glue_user_id = @user AND kind = @kind
                AND (timestamp, fingerprint) > (@timestamp, @fingerprint))
            ELSE @kind IN ('identify', 'sync') AND EXISTS (
              SELECT 1 FROM identities
              WHERE glue_user_id = @user AND (timestamp, event_id, kind) > (@timestamp, @event_id, @kind)
                AND kind IN ('base', 'identify', 'sync'))
            END
          AND NOT {StolenIdentity}
        """;

    private const string InsertIdentity = $"""
        INSERT INTO identities
          (glue_user_id, event_id, kind, timestamp, email, email_key, traits, context, first_seen, last_seen, touch, touch_counts, fingerprint, created_at)
        SELECT @user, @event_id, @kind, @timestamp, @email, @email_key, @traits, @context, @first_seen, @last_seen, @touch, @touch_counts, @fingerprint, @received
        WHERE NOT {StolenIdentity}
        ON CONFLICT (event_id, glue_user_id, kind) DO UPDATE SET
          timestamp = excluded.timestamp, email = excluded.email, email_key = excluded.email_key, traits = excluded.traits,
          context = excluded.context, first_seen = excluded.first_seen, last_seen = excluded.last_seen, touch = excluded.touch,
          touch_counts = excluded.touch_counts, fingerprint = excluded.fingerprint
        WHERE (excluded.timestamp, excluded.fingerprint) < (identities.timestamp, identities.fingerprint)
        """;

    private const string TouchJson = "json_set(l.touch, '$.timestamp', l.timestamp)";

    private const string TouchKey = "l.timestamp || ' ' || l.event_id";

    private const string InsertJoined =
        "INSERT INTO users (glue_user_id, first_seen, last_seen, attribution, first_touch_key, last_touch_key, created_at, updated_at, logged)";

    // The touch of one row of a log, alone, as a profile would keep it.
    private const string RowTouch = $"""
        CASE WHEN l.touch IS NOT NULL THEN json_object('first_touch', {TouchJson}, 'last_touch', {TouchJson}) END,
          CASE WHEN l.touch IS NOT NULL THEN {TouchKey} END,
          CASE WHEN l.touch_counts = 1 THEN {TouchKey} END,
          @received, @received, 1
        """;

    private const string TakesFirst = """
        (users.first_touch_key IS NULL
          OR (excluded.first_touch_key, excluded.attribution ->> 'first_touch') <= (users.first_touch_key, users.attribution ->> 'first_touch'))
        """;

    private const string TakesLast = """
        (excluded.last_touch_key IS NOT NULL AND (users.last_touch_key IS NULL
          OR (excluded.last_touch_key, excluded.attribution ->> 'last_touch') >= (users.last_touch_key, users.attribution ->> 'last_touch')))
        """;

    private const string JoinFirst =
        $"CASE WHEN {TakesFirst} THEN excluded.attribution ->> 'first_touch' ELSE users.attribution ->> 'first_touch' END";

    private const string SetJoined = $"""
        ON CONFLICT (glue_user_id) DO UPDATE SET
          first_seen = coalesce(min(users.first_seen, excluded.first_seen), users.first_seen, excluded.first_seen),
          last_seen = coalesce(max(users.last_seen, excluded.last_seen), users.last_seen, excluded.last_seen),
          attribution = CASE WHEN excluded.attribution IS NULL THEN users.attribution ELSE json_object(
            'first_touch', json({JoinFirst}),
            'last_touch', json(CASE
              WHEN {TakesLast} THEN excluded.attribution ->> 'last_touch'
              WHEN users.last_touch_key IS NOT NULL THEN users.attribution ->> 'last_touch'
              ELSE {JoinFirst} END)) END,
          first_touch_key = CASE WHEN excluded.first_touch_key IS NOT NULL AND {TakesFirst} THEN excluded.first_touch_key ELSE users.first_touch_key END,
          last_touch_key = CASE WHEN {TakesLast} THEN excluded.last_touch_key ELSE users.last_touch_key END,
          updated_at = excluded.updated_at
        """;

    private const string TellsMore = """
        (excluded.attribution IS NOT NULL
          OR excluded.first_seen < coalesce(users.first_seen, '~') OR excluded.last_seen > coalesce(users.last_seen, ''))
        """;

    // A row inserted by hand has its log by now, and is rebuilt from it.
    private const string JoinOnProfile = $"""
        {SetJoined},
          stale = CASE WHEN users.logged = 0 THEN 3 ELSE users.stale END,
          logged = 1
        WHERE users.logged = 0 OR {TellsMore}
        """;

    private const string CommonTouch = "json_set(@touch, '$.timestamp', @timestamp)";

    private const string CommonTouchKey = "@timestamp || ' ' || @event_id";

    // Joins what the statement before it has inserted; without that it would have no visitor, and fail. One row of VALUES, unlike one
    // of a SELECT, needs no copy of each page that it changes, to which SQLite could return from the middle of a statement.
    private const string JoinCommonEvent = $"""
        {InsertJoined}
        VALUES (
          CASE WHEN changes() = 1 THEN @user END, @timestamp, @timestamp,
          CASE WHEN @touch IS NOT NULL THEN json_object('first_touch', {CommonTouch}, 'last_touch', {CommonTouch}) END,
          CASE WHEN @touch IS NOT NULL THEN {CommonTouchKey} END,
          CASE WHEN @touch_counts = 1 THEN {CommonTouchKey} END,
          @received, @received, 1)
        {SetJoined} WHERE users.logged = 1 AND {TellsMore}
        """;

    private const string JoinEvent = $"""
        {InsertJoined}
        SELECT l.glue_user_id, l.timestamp, l.timestamp, {RowTouch}
        FROM events l WHERE l.event_id = @event_id AND l.glue_user_id = @user
        {JoinOnProfile}
        """;

    private const string JoinLiveEvent = $"""
        {InsertJoined}
        SELECT l.glue_user_id, l.timestamp, l.timestamp, {RowTouch}
        FROM events l WHERE (l.event_id = @event_id OR l.live_event_id = @event_id) AND l.glue_user_id = @user
        {JoinOnProfile}
        """;

    private const string JoinIdentity = $"""
        {InsertJoined}
        SELECT l.glue_user_id, l.first_seen, l.last_seen, {RowTouch}
        FROM identities l WHERE l.event_id = @event_id AND l.glue_user_id = @user AND l.kind = @kind
        {JoinOnProfile}
        """;

    // The newest row of the log is patched onto what stands. The e-mail keeps the time since when the profile has it.
    private static string PatchProfile => $$"""
        UPDATE users SET
          traits = {{Patch("coalesce(users.traits, '{}')", "i.traits")}},
          email = coalesce(i.email, users.email),
          identified = CASE WHEN i.email IS NULL THEN users.identified ELSE 1 END,
          identified_at = CASE
            WHEN i.email IS NULL OR i.email_key = (
              SELECT p.email_key FROM identities p
              WHERE p.glue_user_id = @user AND p.email IS NOT NULL AND (p.timestamp, p.event_id, p.kind) < (i.timestamp, i.event_id, i.kind)
              ORDER BY p.timestamp DESC, p.event_id DESC, p.kind DESC LIMIT 1)
            THEN users.identified_at ELSE i.timestamp END,
          updated_at = @received
        FROM identities i
        WHERE users.glue_user_id = @user AND @kind IN ('identify', 'sync')
          AND i.event_id = @event_id AND i.glue_user_id = @user AND i.kind = @kind
          AND NOT EXISTS (
            SELECT 1 FROM identities n
            WHERE n.glue_user_id = @user AND (n.timestamp, n.event_id, n.kind) > (i.timestamp, i.event_id, i.kind)
              AND n.kind IN ('base', 'identify', 'sync'))
        """;

    private const string JoinSynced = """
        INSERT INTO users (glue_user_id, last_synced, created_at, updated_at, logged)
        VALUES (@user, @synced_at, @received, @received, 1)
        ON CONFLICT (glue_user_id) DO UPDATE SET last_synced = excluded.last_synced, updated_at = excluded.updated_at
        WHERE excluded.last_synced > coalesce(users.last_synced, '')
        """;

    // More than this a profile does not hold: a patch that would make more is kept in the log and passed over. SQLite's
    // json_patch looks for each key from the start, so traits that grow without end would stop the writer.
    // Each key ends in '":', so that these are counted first, which is cheap, and the keys themselves only when there are many.
    private static string Patch(string traits, string patch) => $"""
        CASE
          WHEN {patch} IS NULL OR {patch} = '{EmptyObject}' THEN {traits}
          WHEN length({traits}) + length({patch}) < {ShortTraits} THEN json_patch({traits}, {patch})
          ELSE (
            SELECT CASE
              WHEN length(p.merged) > {MaxTraitLength} THEN {traits}
              WHEN (length(p.merged) - length(replace(p.merged, '":', ''))) / 2 <= {MaxTraitKeys} THEN p.merged
              WHEN (SELECT count(*) FROM json_tree(p.merged) t WHERE typeof(t.key) = 'text') <= {MaxTraitKeys} THEN p.merged
              ELSE {traits} END
            FROM (SELECT json_patch({traits}, {patch}) AS merged) p)
          END
        """;
}
