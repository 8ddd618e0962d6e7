using Dapper;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Journeys;

/// <summary>Every query of a journey. Each is a transaction of its own, so that a slow client holds none open; <see cref="Snapshot"/> hides later events.</summary>
internal sealed class JourneyReader(Database database)
{
    /// <summary>The row id of the newest event that a journey read now may hold.</summary>
    public long Snapshot() => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/newest_event")));

    public ProfileRow? Profile(string user, long snapshot) =>
        database.Read(connection => connection.QueryFirstOrDefault<ProfileRow>(SqlFile.Read("read/profile"), new { user, snapshot }));

    /// <summary>The profiles that carry this e-mail, without regard to case, the one seen last first.</summary>
    public List<string> ProfilesOf(string email) =>
        database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/profiles_of_email"), new { email, key = EmailKey.Of(Utf8Text.From(email)).ToString() })]);

    public SpanRow SpanOf(string user, long snapshot) => database.Read(connection => connection.QueryFirst<SpanRow>(SqlFile.Read("read/journey_span"), new { user, snapshot }));

    /// <summary>The event with that id, of any profile.</summary>
    public EventRow? Find(string eventId) => database.Read(connection => connection.QueryFirstOrDefault<EventRow>(SqlFile.Read("read/event"), new { eventId }));

    /// <summary>The place of a profile's first event after <paramref name="after"/>.</summary>
    public EventKey? FirstAfter(string user, EventKey after, long snapshot) =>
        Page(user, after, bound: null, snapshot, most: 1, maxSize: 0).FirstOrDefault()?.Key;

    /// <summary>At most so many events of a profile between two places, both left out (no bound: to the end), and about <paramref name="maxSize"/> characters; one event always fits.</summary>
    public List<EventRow> Page(string user, EventKey after, EventKey? bound, long snapshot, int most, int maxSize)
    {
        var end = bound ?? EventKey.End;
        using var connection = database.OpenReader();
        var events = connection.Query<EventRow>(
            SqlFile.Read("read/journey_page"),
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
