using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DataGlue.Bench.Disk;

/// <summary>
/// Stores events as if they had come over 90 days: visitors as in <see cref="SampleEvents"/>, and among them some whose journeys of 100
/// events go over all of that time, so that each of their events lies on another page. A tenth of all events are of one browser, the crowd. A file in which it was stopped is of no use.
/// </summary>
internal static class Fill
{
    private const int EventsOfJourney = 100;

    private const long Span = 90L * 24 * 60 * 60 * 1000;

    // Nothing here has to outlive a crash.
    private const string Hasty = """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA cache_size = -100000;
        """;

    // Event k is the (k / 256 % 20)th of the visit of a browser; every so many, it is one of a journey instead.
    private const string InsertEvents = """
        WITH RECURSIVE
          counter (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM counter WHERE k + 1 < @events),
          spread AS (
            SELECT k, @start + k * @span / @events AS time, k / 5120 * 256 + k % 256 AS visit,
              @start + (k / 5120 * 5120 + k % 256) * @span / @events AS visit_time,
              CASE WHEN k % @step = 0 AND k / @step < 100 * @journeys THEN k / @step END AS journey
            FROM counter)
        INSERT INTO events (event_id, glue_user_id, session_id, event, timestamp, properties, fingerprint, created_at, server_made)
        SELECT
          printf('evt_%d_%09d', time, k),
          CASE WHEN journey IS NULL AND k % 10 = 5 THEN 'crowd'
            WHEN journey IS NULL THEN printf('glue_%d_%08x', visit_time, visit * 2654435761 % 4294967296)
            ELSE printf('journey_%04d', journey % @journeys) END,
          CASE WHEN journey IS NULL THEN printf('session_%d_%08x', visit_time, visit * 40503 % 4294967296)
            ELSE printf('session_journey_%04d_%d', journey % @journeys, journey / @journeys / 25) END,
          CASE k * 7 % 8 WHEN 0 THEN 'scroll' WHEN 1 THEN 'click' WHEN 2 THEN 'form_submit' WHEN 3 THEN 'add_to_cart' WHEN 4 THEN 'purchase'
            ELSE 'page_view' END,
          strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch'),
          printf('{"url":"https://shop.example/pricing","title":"Landing Page","n":%d}', k),
          random(),
          strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch'),
          1
        FROM spread
        """;

    // Ten browsers of a journey are one person.
    private const string InsertIdentities = """
        INSERT INTO identities (glue_user_id, event_id, kind, timestamp, email, email_key, name, starts, fingerprint, trusted, source)
        SELECT glue_user_id, 'identify_' || glue_user_id, 'identify', last_seen, mail, mail, 'email:' || mail, 1, random(), 0, 'page'
        FROM (SELECT glue_user_id, last_seen, printf('person_%d@shop.example', substr(glue_user_id, 9) / 10) AS mail FROM users WHERE glue_user_id LIKE 'journey!_%' ESCAPE '!')
        """;

    private const string UpdateUsers = """
        UPDATE users SET (email, identified, identified_at) = (SELECT i.email, 1, i.timestamp FROM identities i WHERE i.glue_user_id = users.glue_user_id)
        WHERE glue_user_id LIKE 'journey!_%' ESCAPE '!'
        """;

    private const string InsertUsers = """
        INSERT INTO users (glue_user_id, first_seen, last_seen, created_at, updated_at, logged)
        SELECT glue_user_id, min(timestamp), max(timestamp), min(timestamp), max(timestamp), 1 FROM events GROUP BY glue_user_id
        """;

    /// <summary>Stores so many events, but those of the journeys at least.</summary>
    /// <returns>A line of JSON: how many events and users, and in how many seconds.</returns>
    public static string Run(SqliteConnection connection, int least, int journeys)
    {
        var watch = Stopwatch.StartNew();
        var events = Math.Max(least, journeys * EventsOfJourney);
        connection.Run(Hasty);
        var indexes = connection.List("SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'events' AND sql IS NOT NULL");
        foreach (var name in connection.List("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'events' AND sql IS NOT NULL"))
        {
            connection.Run($"DROP INDEX {name}");
        }

        connection.Run(
            InsertEvents,
            ("@events", events),
            ("@journeys", journeys),
            ("@step", journeys == 0 ? 1 : events / (journeys * EventsOfJourney)),
            ("@span", Span),
            ("@start", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - Span));

        // To sort once is much faster than to insert each into its place.
        foreach (var index in indexes)
        {
            connection.Run(index);
        }

        connection.Run(InsertUsers);
        connection.Run(InsertIdentities);
        connection.Run(UpdateUsers);
        var users = connection.Ask<long>("SELECT count(*) FROM users");
        connection.Run("PRAGMA journal_mode = WAL");
        connection.Dispose();
        return string.Create(
            CultureInfo.InvariantCulture, $$"""{"events":{{events}},"users":{{users}},"seconds":{{watch.Elapsed.TotalSeconds:F1}}}""");
    }
}
