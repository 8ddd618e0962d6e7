namespace DataGlue.Edge.Storage;

public static partial class WriteSql
{
    // Whether another visitor has used this id, for an event or an identification.
    private const string Stolen = """
        (EXISTS (SELECT 1 FROM events WHERE event_id = @event_id AND glue_user_id <> @user)
          OR EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id AND glue_user_id <> @user)
          OR EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id <> @user AND kind = 'identify'))
        """;

    private const string Known = """
        (EXISTS (SELECT 1 FROM events WHERE event_id = @event_id AND glue_user_id = @user)
          OR EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id AND glue_user_id = @user))
        """;

    // Whether an event stands under this id, whoever's it is: what a relay repeats, or a live report that a synced one has met.
    private const string Taken = """
        (EXISTS (SELECT 1 FROM events WHERE event_id = @event_id) OR EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id))
        """;

    private const string PriorEvent = $"SELECT {Stolen} AS stolen, {Known} AS known";

    // The same event, reported live without an id: the one that a report with an id takes over.
    private const string LiveCandidate = """
        SELECT c.id FROM events c
        WHERE c.timestamp = @timestamp AND c.fingerprint = @fingerprint AND c.server_made = 1 AND c.live_event_id IS NULL AND c.glue_user_id = @user
        ORDER BY c.id LIMIT 1
        """;

    // The same event, reported with an id, that no live report has met yet.
    private const string SyncedCandidate = """
        SELECT c.id FROM events c
        WHERE c.timestamp = @timestamp AND c.fingerprint = @fingerprint AND c.server_made = 0 AND c.live_event_id IS NULL AND c.glue_user_id = @user
        ORDER BY c.id LIMIT 1
        """;

    // Whether the report that stands under this id is later than this one, or tells of another touch.
    private const string ChangesReport = """
        EXISTS (
              SELECT 1 FROM events e
              WHERE e.event_id = @event_id AND e.glue_user_id = @user
                AND ((e.timestamp, coalesce(e.fingerprint, @fingerprint)) > (@timestamp, @fingerprint) OR e.touch <> @touch))
        """;

    // Stale, when this report is earlier than the one that stands, when it tells of another touch, or when it renames an
    // event whose touch the profile may have: all that joining alone could not put right.
    private const string MarkStaleByEvent = $"""
        UPDATE users SET stale = stale | 2
        WHERE glue_user_id = @user AND stale < 2
          AND ({ChangesReport}
            OR EXISTS (
              SELECT 1 FROM events e WHERE e.id = ({LiveCandidate}) AND (e.touch IS NOT NULL OR @touch IS NOT NULL)))
          AND NOT {Stolen}
        """;

    private const string MarkStaleByLiveEvent = $"""
        UPDATE users SET stale = stale | 2
        WHERE glue_user_id = @user AND stale < 2
          AND ({ChangesReport}
            OR (EXISTS (SELECT 1 FROM events e WHERE e.id = ({SyncedCandidate}) AND e.touch <> @touch) AND NOT {Taken}))
          AND NOT {Stolen}
        """;

    private const string ClaimLiveEvent = $"""
        UPDATE events SET live_event_id = event_id, event_id = @event_id, server_made = 0
        WHERE id = ({LiveCandidate}) AND NOT {Known} AND NOT {Stolen}
        RETURNING event_id
        """;

    // What the claiming report adds is what InsertEvent adds for a second report.
    private const string ClaimSyncedEvent = $"""
        UPDATE events SET
          live_event_id = @event_id,
          email = coalesce(min(email, @email), email, @email),
          context = coalesce(min(context, @context), context, @context),
          touch_counts = CASE WHEN touch IS NULL OR (@touch_counts, touch) > (touch_counts, @touch) THEN @touch_counts ELSE touch_counts END,
          touch = CASE WHEN touch IS NULL OR (@touch_counts, touch) > (touch_counts, @touch) THEN @touch ELSE touch END
        WHERE id = ({SyncedCandidate}) AND NOT {Taken} AND NOT {Stolen}
        RETURNING event_id
        """;

    private const string EventColumns =
        "event_id, glue_user_id, session_id, event, timestamp, properties, email, context, touch, touch_counts, fingerprint, created_at, server_made";

    private const string ContentValues =
        "@user, @session_id, @event, @timestamp, @properties, @email, @context, @touch, @touch_counts, @fingerprint, @received";

    private const string EventValues = $"@event_id, {ContentValues}";

    private const string Earlier =
        "(excluded.timestamp, excluded.fingerprint) < (events.timestamp, coalesce(events.fingerprint, excluded.fingerprint))";

    // A touch that counts beats one that does not; between equals the lesser text.
    private const string BetterTouch =
        "(events.touch IS NULL OR (excluded.touch_counts, events.touch) > (events.touch_counts, excluded.touch))";

    private const string MergeReport = $"""
        session_id = CASE WHEN {Earlier} THEN excluded.session_id ELSE events.session_id END,
          event = CASE WHEN {Earlier} THEN excluded.event ELSE events.event END,
          properties = CASE WHEN {Earlier} THEN excluded.properties ELSE events.properties END,
          timestamp = CASE WHEN {Earlier} THEN excluded.timestamp ELSE events.timestamp END,
          fingerprint = CASE WHEN {Earlier} THEN excluded.fingerprint ELSE events.fingerprint END,
          email = coalesce(min(events.email, excluded.email), events.email, excluded.email),
          context = coalesce(min(events.context, excluded.context), events.context, excluded.context),
          touch_counts = CASE WHEN {BetterTouch} THEN excluded.touch_counts ELSE events.touch_counts END,
          touch = CASE WHEN {BetterTouch} THEN excluded.touch ELSE events.touch END
        """;

    private const string TellsMoreOfEvent = $"""
        ({Earlier} OR excluded.email <> coalesce(events.email, '') OR excluded.context <> coalesce(events.context, '')
          OR excluded.touch <> coalesce(events.touch, ''))
        """;

    // An id that the server has made is the client's own once the client has sent it back.
    private const string InsertEvent = $"""
        INSERT INTO events ({EventColumns})
        SELECT {EventValues}, 0
        WHERE NOT {Stolen} AND NOT EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id)
        ON CONFLICT (event_id) DO UPDATE SET
          {MergeReport},
          server_made = 0
        WHERE {TellsMoreOfEvent} OR events.server_made = 1
        """;

    private const string InsertLiveEvent = $"""
        INSERT INTO events ({EventColumns})
        SELECT {EventValues}, 1
        WHERE NOT {Stolen} AND NOT EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id)
        ON CONFLICT (event_id) DO UPDATE SET
          {MergeReport}
        WHERE {TellsMoreOfEvent}
        """;

    // The common event: of an id never seen, without a twin, of a visitor whose profile is new or has its log. Any other gets no
    // event_id, which breaks a constraint. Were this a SELECT with a WHERE, as elsewhere, SQLite would copy the row into a table of its
    // own first, because the guards read the table that is written: half of the price of the insert. OR IGNORE would hold for the
    // statements of the owner's triggers too, and pass over what they refuse.
    private const string IsCommon = """
        NOT EXISTS (SELECT 1 FROM events WHERE live_event_id = @event_id)
            AND NOT EXISTS (SELECT 1 FROM users WHERE glue_user_id = @user AND logged = 0)
        """;

    private const string InsertCommonEvent = $"""
        INSERT INTO events ({EventColumns})
        VALUES (
          CASE WHEN {IsCommon}
            AND NOT EXISTS (SELECT 1 FROM identities WHERE event_id = @event_id AND glue_user_id <> @user AND kind = 'identify')
            AND NOT EXISTS ({LiveCandidate}) THEN @event_id END,
          {ContentValues}, 0)
        """;

    private const string InsertCommonLiveEvent = $"""
        INSERT INTO events ({EventColumns})
        VALUES (
          CASE WHEN {IsCommon} AND NOT EXISTS ({SyncedCandidate}) THEN @event_id END,
          {ContentValues}, 1)
        """;

    private const string UpsertSession = """
        INSERT INTO sessions (glue_user_id, session_id, data, synced_at, event_id, created_at, updated_at)
        VALUES (@user, @session_id, @data, @synced_at, @event_id, @received, @received)
        ON CONFLICT (glue_user_id, session_id) DO UPDATE SET
          data = excluded.data, synced_at = excluded.synced_at, event_id = excluded.event_id, updated_at = excluded.updated_at
        WHERE (excluded.synced_at, excluded.event_id, excluded.data) > (sessions.synced_at, sessions.event_id, sessions.data)
        """;
}
