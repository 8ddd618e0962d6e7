using Dapper;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>Single events with whose they are, and where each came from: the newest, and those that come in.</summary>
internal sealed class EventList(Database database, Settings settings)
{
    /// <summary>The newest events of a range before a place, and of one name where there is one.</summary>
    public List<ReportEventRow> Newest(ReportRange range, EventKey before, string? name, bool withBots, int most)
    {
        var asked = new { from = Instants.Format(range.From), to = Instants.Format(range.To), time = before.Timestamp, eventId = before.EventId, bots = withBots ? 1 : 0, name, most };
        return database.Read<List<ReportEventRow>>(connection => [.. connection.Query<ReportEventRow>(SqlFile.Read("read/newest_events"), asked)]);
    }

    /// <summary>Those that have come since a row, in their order.</summary>
    public List<ReportEventRow> Since(long row, bool withBots, int most) => database.Read<List<ReportEventRow>>(connection =>
        [.. connection.Query<ReportEventRow>(SqlFile.Read("read/events_since"), new { after = row, bots = withBots ? 1 : 0, most })]);

    /// <summary>The row of the newest event.</summary>
    public long NewestRow() => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/newest_event")));

    public void Write(Utf8JsonWriter json, IReadOnlyList<ReportEventRow> rows)
    {
        var people = PeopleOf(rows);
        for (var i = 0; i < rows.Count; i++)
        {
            Write(json, rows[i], people[i]);
        }
    }

    private void Write(Utf8JsonWriter json, ReportEventRow row, string person)
    {
        var isIdentified = PersonName.BrowserOf(person) is null;
        var touch = row.Touch is null ? TouchFacts.Direct : TouchReader.Read(row.Touch, row.TouchCounts != 0, null, settings.IgnoredReferrers);
        json.WriteStartObject();
        json.WriteString("event_id", row.EventId);
        json.WriteString("timestamp", row.Timestamp);
        json.WriteString("event", row.Name);
        json.WriteString("page", row.Page);
        json.WriteString("person", PersonId.Of(new Who(NameNumber.Of(person), isIdentified)));
        json.WriteBoolean("identified", isIdentified);
        json.WriteString("device", row.Device);
        json.WriteString("browser", row.Browser);
        json.WriteString("os", row.Os);
        json.WriteString("country", row.Country);
        json.WriteString("channel", touch.Counts ? touch.Channel : null);
        json.WriteStartObject("why");
        foreach (var (key, value) in touch.Values.Where(pair => touch.Counts && (pair.Key != Touch.ReferrerKey || touch.ReferrerHost is not null) && pair.Key != Touch.LandingPage))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Whose each event is: by its own name, else by the span of its browser.
    private List<string> PeopleOf(IReadOnlyList<ReportEventRow> rows)
    {
        using var reader = new JourneyReader(database);
        var spans = rows.Select(row => row.GlueUserId).Distinct().Chunk(JourneyReader.Together)
            .SelectMany(browsers => reader.SpansOf(browsers, Person.MaxSpans + 1)).ToLookup(span => span.GlueUserId);
        var names = rows.Select(row => row.OwnName ?? NameAt(spans[row.GlueUserId].ToList(), new EventKey(row.Timestamp, row.EventId))).ToList();
        var accounts = names.OfType<string>().Select(PersonName.EmailOf).OfType<string>().Distinct().Chunk(JourneyReader.Together)
            .SelectMany(reader.AccountsOf).ToDictionary(email => email.EmailKey, email => email.UserId);
        return [.. names.Select((name, i) => name is null ? PersonName.OfBrowser(rows[i].GlueUserId)
            : PersonName.EmailOf(name) is { } email && accounts[email] is { } account ? PersonName.OfAccount(account) : name)];
    }

    private static string? NameAt(List<SpanStartRow> spans, EventKey place)
    {
        if (spans.Count == 0)
        {
            return null;
        }

        var at = Math.Max(spans.FindLastIndex(span => EventKey.Utf8Order.Compare(span.Key, place) <= 0), 0);
        return at < Person.MaxSpans ? spans[at].Name : null;
    }
}
