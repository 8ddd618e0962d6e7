using System.Buffers;
using System.Security.Cryptography;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Reports;

/// <summary>GET /glue/reports: what worked.</summary>
internal sealed class ReportEndpoints(
    FactReader facts, People people, EventList events, Status status, Database database, ReportGate gate, ColumnKeeper keeper, CommitMark commit, Adoption adoption, TimeProvider clock)
{
    private const int MaxPoints = 400;
    private const int MaxSteps = 20;
    private const long Day = 86_400_000;

    private static readonly (string Word, AttributionModel Model)[] Models =
    [
        ("first_touch", AttributionModel.FirstTouch), ("last_touch", AttributionModel.LastTouch), ("last_non_direct", AttributionModel.LastNonDirect), ("linear", AttributionModel.Linear),
        ("position_based", AttributionModel.PositionBased), ("time_decay", AttributionModel.TimeDecay),
    ];

    public void Map(IEndpointRouteBuilder glue)
    {
        glue.MapMethods("/reports/overview", HttpExtensions.Reads, context => AnswerAsync(context, Overview));
        glue.MapMethods("/reports/funnel", HttpExtensions.Reads, context => AnswerAsync(context, Funnel));
        glue.MapMethods("/reports/funnel/people", HttpExtensions.Reads, context => AnswerAsync(context, FunnelPeople));
        glue.MapMethods("/reports/attribution", HttpExtensions.Reads, context => AnswerAsync(context, Attribution));
        glue.MapMethods("/reports/paths", HttpExtensions.Reads, context => AnswerAsync(context, Paths));
        glue.MapMethods("/reports/retention", HttpExtensions.Reads, context => AnswerAsync(context, Retention));
        glue.MapMethods("/reports/people", HttpExtensions.Reads, context => AnswerAsync(context, People));
        glue.MapMethods("/reports/events", HttpExtensions.Reads, context => AnswerAsync(context, Events));
        glue.MapMethods("/reports/values", HttpExtensions.Reads, context => AnswerAsync(context, Values));
        glue.MapMethods("/status", HttpExtensions.Reads, context => AnswerAsync(context, ReadStatus));
    }

    // Reads the parameters, runs the report, and sends its JSON in one piece.
    private async Task AnswerAsync(HttpContext context, Func<ReportQuery, long, Action<Utf8JsonWriter, CancellationToken>> read)
    {
        var query = new ReportQuery(context.Request.Query);
        var write = read(query, Instants.Now(clock));
        await adoption.RunAsync();
        if (IsKnown(context))
        {
            return;
        }

        var body = await RunAsync(write, context.RequestAborted);
        context.Response.ContentType = JsonReply.ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task<ReadOnlyMemory<byte>> RunAsync(Action<Utf8JsonWriter, CancellationToken> write, CancellationToken gone)
    {
        try
        {
            return await gate.RunAsync(
                cancelled =>
                {
                    var output = new ArrayBufferWriter<byte>(4_096);
                    using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = ServerJson.Encoder });
                    json.WriteStartObject();
                    json.WriteBoolean("success", true);
                    write(json, cancelled);
                    json.WriteEndObject();
                    json.Flush();
                    return output.WrittenMemory;
                },
                gone);
        }
        catch (InvalidDataException)
        {
            await keeper.DropAsync();
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "What reports read was damaged and is made anew; ask again in a minute");
        }
    }

    // The same question, with no commit in between and in the same minute, has the same answer.
    private bool IsKnown(HttpContext context)
    {
        var question = SHA256.HashData(Encoding.UTF8.GetBytes($"{RequestPath.Target(context)} {Instants.Now(clock) / 60_000}"));
        var tag = new EntityTagHeaderValue($"\"{commit.Current()}-{Convert.ToHexStringLower(question.AsSpan(0, 8))}\"", isWeak: true);
        context.Response.Headers.ETag = tag.ToString();
        context.Response.Headers.CacheControl = "private, no-cache";
        if (!context.Request.GetTypedHeaders().IfNoneMatch.Any(other => tag.Compare(other, useStrongComparison: false)))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private Action<Utf8JsonWriter, CancellationToken> Overview(ReportQuery query, long now)
    {
        var range = ReportRange.Read(query, now);
        var filters = ReportFilters.Read(query);
        var interval = query.Choice("interval", range.SuitableInterval(), ("hour", Interval.Hour), ("day", Interval.Day), ("week", Interval.Week), ("month", Interval.Month));
        var comparison = query.Choice("compare", Comparison.None, ("previous", Comparison.Previous), ("year", Comparison.Year), ("none", Comparison.None));
        var (conversion, value) = (query.Text("conversion") ?? Conversion.Identified, query.Text("value"));
        var limit = ReadLimit(query);
        var fields = ReadFields(query);
        query.Require();
        var buckets = fields.Contains("series") ? range.Buckets(interval, MaxPoints) : [];
        return (json, cancelled) =>
        {
            var earlier = comparison == Comparison.None ? null : range.Before(comparison, now);
            var reading = facts.Open(new ReportScope(Math.Min(earlier?.From ?? range.From, range.From), range.To, filters.WithBots, filters.HasPages || fields.Overlaps(DataGlue.Edge.Reports.Overview.PageFields)), cancelled);
            var converted = Conversion.Read(database, reading.Terms, conversion, value, 0, range.To, cancelled);
            var report = new Overview(reading.Terms, range, filters, converted, buckets, now, fields);
            var compared = earlier is null ? null : new Overview(reading.Terms, earlier, filters, converted, [], now, new HashSet<string>());
            foreach (var journey in reading.Journeys())
            {
                report.Add(journey);
                compared?.Add(journey);
            }

            WriteRange(json, "range", range, interval);
            report.Write(json, limit);
            if (compared is not null)
            {
                json.WriteStartObject("compare");
                WriteRange(json, "range", earlier!);
                json.WritePropertyName("totals");
                compared.WriteTotals(json);
                json.WriteEndObject();
            }
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> Funnel(ReportQuery query, long now)
    {
        var (range, filters, asked) = (ReportRange.Read(query, now), ReportFilters.Read(query), AskedFunnel.Read(query, MaxSteps, 14 * Day));
        var dimension = query.Text("by");
        var by = dimension is null ? null : Dimensions.OfEntry(query, dimension);
        var limit = ReadLimit(query);
        query.Require();
        return (json, cancelled) =>
        {
            var reading = facts.Open(new ReportScope(range.From, range.To, filters.WithBots, filters.HasPages || asked.HasPages || Dimensions.IsOfPages(dimension), Touch.IsClickId(dimension ?? "")), cancelled);
            var funnel = asked.Find(database, reading.Terms, range, filters, by, cancelled);
            foreach (var journey in reading.Journeys())
            {
                funnel.Add(journey);
            }

            WriteRange(json, "range", range);
            funnel.Write(json, limit);
        };
    }

    // Those who reached the step before and not this one, or reached it.
    private Action<Utf8JsonWriter, CancellationToken> FunnelPeople(ReportQuery query, long now)
    {
        var (range, filters, asked) = (ReportRange.Read(query, now), ReportFilters.Read(query), AskedFunnel.Read(query, MaxSteps, 14 * Day));
        var step = query.Number("step", 1, 1, Math.Max(asked.Steps.Count, 1));
        var isDropped = query.Choice("outcome", false, ("converted", false), ("dropped", true));
        var (after, limit) = (PeoplePlace.Read(query), ReadLimit(query));
        if (isDropped && step == 1)
        {
            query.Fault("step must be at least 2 for outcome=dropped");
        }

        query.Require();
        return (json, cancelled) =>
        {
            var reading = facts.Open(new ReportScope(range.From, range.To, filters.WithBots, filters.HasPages || asked.HasPages), cancelled);
            var funnel = asked.Find(database, reading.Terms, range, filters, null, cancelled);
            var list = new PeopleList(reading.Terms, after, limit, people.TextsOf);
            foreach (var journey in reading.Journeys())
            {
                var reached = funnel.Add(journey).Count;
                if (isDropped ? reached == step - 1 : reached >= step)
                {
                    list.Add(journey);
                }
            }

            WriteRange(json, "range", range);
            list.Write(json);
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> Paths(ReportQuery query, long now)
    {
        var (range, filters) = (ReportRange.Read(query, now), ReportFilters.Read(query));
        var (start, steps) = (query.Text("start"), query.Number("steps", 5, 2, 10));
        query.Require();
        return (json, cancelled) =>
        {
            var reading = facts.Open(new ReportScope(range.From, range.To, filters.WithBots, WithPages: true), cancelled);
            var paths = new Paths(reading.Terms, range, filters, start, steps);
            foreach (var journey in reading.Journeys())
            {
                paths.AddNodes(journey);
            }

            paths.ChooseTop();
            foreach (var journey in reading.Journeys())
            {
                paths.AddLinks(journey);
            }

            WriteRange(json, "range", range);
            paths.Write(json);
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> Retention(ReportQuery query, long now)
    {
        var (range, filters) = (ReportRange.Read(query, now), ReportFilters.Read(query, except: "event"));
        var interval = query.Choice("interval", Interval.Week, ("day", Interval.Day), ("week", Interval.Week), ("month", Interval.Month));
        var comesBack = query.Text("event");
        query.Require();
        var buckets = range.Buckets(interval, MaxPoints);
        return (json, cancelled) =>
        {
            var reading = facts.Open(new ReportScope(range.From, range.To, filters.WithBots, filters.HasPages), cancelled);
            var retention = new RetentionReport(reading.Terms, range, filters, comesBack is null ? null : reading.Terms.Name(comesBack), interval, buckets, now);
            foreach (var journey in reading.Journeys())
            {
                retention.Add(journey);
            }

            WriteRange(json, "range", range, interval);
            retention.Write(json);
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> People(ReportQuery query, long now)
    {
        var (range, filters) = (ReportRange.Read(query, now), ReportFilters.Read(query));
        var (text, after, limit) = (query.Text("q")?.Trim(), PeoplePlace.Read(query), ReadLimit(query));
        query.Require();
        return (json, cancelled) =>
        {
            var found = text is null ? null : people.Find(text, cancelled);
            var reading = facts.Open(new ReportScope(range.From, range.To, filters.WithBots, filters.HasPages), cancelled);
            var list = new PeopleList(reading.Terms, after, limit, people.TextsOf);
            foreach (var journey in reading.Journeys())
            {
                if ((found is null || found.Contains(journey.Person.Number) || journey.Browsers.Any(found.Contains)) && SessionFilter.Keep(journey, reading.Terms, range, filters).Count > 0)
                {
                    list.Add(journey);
                }
            }

            WriteRange(json, "range", range);
            list.Write(json);
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> Attribution(ReportQuery query, long now)
    {
        var (range, filters) = (ReportRange.Read(query, now), ReportFilters.Read(query));
        var model = query.Choice("model", AttributionModel.FirstTouch, Models);
        var dimension = query.Text("by") ?? "utm_source";
        var by = Dimensions.OfTouch(query, dimension);
        var (conversion, value) = (query.Text("conversion") ?? Conversion.Identified, query.Text("value"));
        var lookback = query.Duration("lookback", 30 * Day);
        var limit = ReadLimit(query);
        query.Require();
        return (json, cancelled) =>
        {
            var reading = facts.Open(new ReportScope(range.From, range.To, filters.WithBots, filters.HasPages || Dimensions.IsOfPages(dimension), Touch.IsClickId(dimension)), cancelled);
            var converted = Conversion.Read(database, reading.Terms, conversion, value, range.From, range.To, cancelled);
            var attribution = new Attribution(reading.Terms, range, filters, converted, model, by, lookback, cancelled);
            foreach (var journey in reading.Journeys())
            {
                attribution.Add(journey);
            }

            WriteRange(json, "range", range);
            attribution.Write(json, limit);
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> Events(ReportQuery query, long now)
    {
        var range = ReportRange.Read(query, now);
        var (name, withBots, limit) = (query.Text("event"), query.Choice("bots", false, ("exclude", false), ("include", true)), query.Number("limit", 50, 1, 1_000));
        var after = query.Text("after")?.Split(' ', 2);
        if (after is { Length: not 2 })
        {
            query.Fault("after must be what the page before has as next_after");
        }

        query.Require();
        return (json, _) =>
        {
            var rows = events.Newest(range, after is null ? EventKey.End : new EventKey(after[0], after[1]), name, withBots, limit);
            WriteRange(json, "range", range);
            json.WriteStartArray("events");
            events.Write(json, rows);
            json.WriteEndArray();
            if (rows.Count == limit)
            {
                json.WriteString("next_after", $"{rows[^1].Timestamp} {rows[^1].EventId}");
            }
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> Values(ReportQuery query, long now)
    {
        var (range, asked, limit) = (ReportRange.Read(query, now), ValueList.Read(query), ReadLimit(query));
        query.Require();
        return (json, cancelled) =>
        {
            WriteRange(json, "range", range);
            asked.Write(json, database, range, limit, cancelled);
        };
    }

    private Action<Utf8JsonWriter, CancellationToken> ReadStatus(ReportQuery query, long now)
    {
        query.Require();
        return (json, _) => status.Write(json);
    }

    private static int ReadLimit(ReportQuery query) => query.Number("limit", 10, 1, 1_000);

    private static HashSet<string> ReadFields(ReportQuery query)
    {
        var all = DataGlue.Edge.Reports.Overview.AllFields;
        if (query.Text("fields") is not { } text)
        {
            return [.. all];
        }

        var fields = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (fields.Except(all).Any())
        {
            query.Fault($"fields must be some of {string.Join(", ", all)}, separated by commas");
        }

        return [.. fields];
    }

    private static void WriteRange(Utf8JsonWriter json, string name, ReportRange range, Interval? interval = null)
    {
        json.WriteStartObject(name);
        json.WriteString("from", Instants.Format(range.From));
        json.WriteString("to", Instants.Format(range.To));
        json.WriteString("tz", range.Zone.Id);
        if (interval is { } known)
        {
            json.WriteString("interval", known.ToString().ToLowerInvariant());
        }

        json.WriteEndObject();
    }
}
