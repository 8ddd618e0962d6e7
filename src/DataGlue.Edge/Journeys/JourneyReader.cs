using Dapper;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Journeys;

/// <summary>
/// Every query of a journey. Each call is a read transaction of its own, and gives its connection back before it returns,
/// so that a slow reader holds none open; <see cref="Snapshot"/> keeps the calls of one journey from seeing later events.
/// </summary>
internal sealed class JourneyReader(Database database)
{
    private static readonly string SnapshotSql = SqlFile.Read("read/newest_event");
    private static readonly string ProfileSql = SqlFile.Read("read/profile");
    private static readonly string ProfilesOfSql = SqlFile.Read("read/profiles_of_email");
    private static readonly string SpanOfSql = SqlFile.Read("read/journey_span");
    private static readonly string FindSql = SqlFile.Read("read/event");
    private static readonly string PageSql = SqlFile.Read("read/journey_page");

    // Text above every timestamp, for a page that runs to the end.
    private const string NoBound = "~";

    /// <summary>The newest event that a journey read now may hold, as a row id.</summary>
    public long Snapshot()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(SnapshotSql);
    }

    /// <summary>A profile with its counters, null when there is none.</summary>
    /// <param name="user">Its <c>glue_user_id</c>.</param>
    /// <param name="snapshot">What <see cref="Snapshot"/> gave.</param>
    public ProfileRow? Profile(string user, long snapshot)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<ProfileRow>(ProfileSql, new { user, snapshot });
    }

    /// <summary>The profiles that carry this e-mail, without regard to case, the one seen last first.</summary>
    public IReadOnlyList<string> ProfilesOf(string email)
    {
        var key = email.ToLowerInvariant();
        using var connection = database.OpenReader();
        return [.. connection.Query<string>(ProfilesOfSql, new { email, key })];
    }

    /// <summary>How many events a profile has, and from when to when.</summary>
    public SpanRow SpanOf(string user, long snapshot)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirst<SpanRow>(SpanOfSql, new { user, snapshot });
    }

    /// <summary>Where an event of that id stands, whoever's it is; null when there is none.</summary>
    public EventRow? Find(string eventId)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<EventRow>(FindSql, new { eventId });
    }

    /// <summary>Where a profile's first event after <paramref name="after"/> stands, null when there is none.</summary>
    public EventKey? FirstAfter(string user, EventKey after, long snapshot)
    {
        var rows = Page(user, after, bound: null, snapshot, most: 1, maxSize: 0);
        return rows.Count == 0 ? null : rows[0].Key;
    }

    /// <summary>
    /// A profile's events after <paramref name="after"/> and before <paramref name="bound"/>, in order.
    /// </summary>
    /// <param name="user">Whose events.</param>
    /// <param name="after">Where the page begins, itself left out.</param>
    /// <param name="bound">Where it ends, itself left out; null for the end of the journey.</param>
    /// <param name="snapshot">What <see cref="Snapshot"/> gave.</param>
    /// <param name="most">How many events at the most.</param>
    /// <param name="maxSize">How much text at about the most, in characters; one event always fits.</param>
    public IReadOnlyList<EventRow> Page(string user, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        using var connection = database.OpenReader();
        var rows = new List<EventRow>();
        var size = 0;
        foreach (var row in Query(connection, user, after, bound ?? new EventKey(NoBound, NoBound), snapshot, most))
        {
            rows.Add(row);
            size += row.Size;
            if (size >= maxSize)
            {
                break;
            }
        }

        return rows;
    }

    private static IEnumerable<EventRow> Query(
        SqliteConnection connection, string user, EventKey after, EventKey bound, long snapshot, int most) =>
        connection.Query<EventRow>(
            PageSql,
            new
            {
                user,
                snapshot,
                afterTime = after.Timestamp,
                afterId = after.EventId,
                boundTime = bound.Timestamp,
                boundId = bound.EventId,
                most,
            },
            buffered: false);
}
