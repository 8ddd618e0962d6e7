using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Journeys;

/// <summary>Every query of a journey. Each is a transaction of its own, so that a slow client holds none open; <see cref="Snapshot"/> hides later events.</summary>
internal sealed class JourneyReader(Database database)
{
    private static readonly string SnapshotSql = SqlFile.Read("read/newest_event");
    private static readonly string ProfileSql = SqlFile.Read("read/profile");
    private static readonly string ProfilesOfSql = SqlFile.Read("read/profiles_of_email");
    private static readonly string SpanOfSql = SqlFile.Read("read/journey_span");
    private static readonly string FindSql = SqlFile.Read("read/event");
    private static readonly string PageSql = SqlFile.Read("read/journey_page");

    /// <summary>The row id of the newest event that a journey read now may hold.</summary>
    public long Snapshot() => database.Read(connection => connection.ExecuteScalar<long>(SnapshotSql));

    public ProfileRow? Profile(string user, long snapshot) =>
        database.Read(connection => connection.QueryFirstOrDefault<ProfileRow>(ProfileSql, new { user, snapshot }));

    /// <summary>The profiles that carry this e-mail, without regard to case, the one seen last first.</summary>
    public List<string> ProfilesOf(string email) =>
        database.Read<List<string>>(connection => [.. connection.Query<string>(ProfilesOfSql, new { email, key = email.ToLowerInvariant() })]);

    public SpanRow SpanOf(string user, long snapshot) => database.Read(connection => connection.QueryFirst<SpanRow>(SpanOfSql, new { user, snapshot }));

    /// <summary>The event with that id, of any profile.</summary>
    public EventRow? Find(string eventId) => database.Read(connection => connection.QueryFirstOrDefault<EventRow>(FindSql, new { eventId }));

    /// <summary>The place of a profile's first event after <paramref name="after"/>.</summary>
    public EventKey? FirstAfter(string user, EventKey after, long snapshot) =>
        Page(user, after, bound: null, snapshot, most: 1, maxSize: 0).FirstOrDefault()?.Key;

    /// <summary>At most so many events of a profile between two places, both left out, and about <paramref name="maxSize"/> characters; one event always fits.</summary>
    public List<EventRow> Page(string user, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        var end = bound ?? EventKey.End;
        using var connection = database.OpenReader();
        var events = connection.Query<EventRow>(
            PageSql,
            new { user, snapshot, afterTime = after.Timestamp, afterId = after.EventId, boundTime = end.Timestamp, boundId = end.EventId, most },
            buffered: false);
        var rows = new List<EventRow>();
        var size = 0;
        foreach (var row in events)
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
}
