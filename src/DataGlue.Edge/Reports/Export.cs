using System.IO.Compression;
using Dapper;
using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Reports;

/// <summary>GET /glue/export: all rows of a table in a range, streamed, as lines of JSON or as CSV.</summary>
internal sealed class Export(Database database, FactReader facts, People people, ReportGate gate, Adoption adoption, TimeProvider clock)
{
    private const int Together = 1_000;
    private const int FlushSize = 64 * 1024;

    // The columns of each, as its rows have them.
    private static readonly (string Name, string Columns)[] Tables =
    [
        ("users", "glue_user_id,email,traits,attribution,first_seen,last_seen,identified,identified_at,last_synced,created_at,updated_at"),
        ("events", "event_id,glue_user_id,session_id,event,timestamp,email,user_id,properties,context,touch,host,path,device,browser,os,country,bot,claim,trusted,source,created_at"),
        ("identities", "event_id,glue_user_id,kind,timestamp,email,user_id,traits,context,touch,claim,trusted,source,created_at"),
        ("sessions", "glue_user_id,session_id,data,synced_at,created_at,updated_at"),
        ("people", "id,email,user_id,glue_user_id,first_seen,last_seen,first_channel,sessions,events"),
    ];

    public void Map(IEndpointRouteBuilder glue) => glue.MapMethods("/export", HttpExtensions.Reads, WriteAsync);

    private async Task WriteAsync(HttpContext context)
    {
        var query = new ReportQuery(context.Request.Query);
        var range = ReportRange.Read(query, Instants.Now(clock));
        var (table, columns) = query.Choice("table", ("", ""), [.. Tables.Select(each => (each.Name, each))]);
        var isCsv = query.Choice("format", false, ("ndjson", false), ("csv", true));
        if (table.Length == 0)
        {
            query.Fault($"table is required: one of {string.Join(", ", Tables.Select(each => each.Name))}");
        }

        query.Require();
        await adoption.RunAsync();
        context.Response.ContentType = isCsv ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{table}.{(isCsv ? "csv" : "ndjson")}\"";
        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // The journeys of all people take as much as a report.
        using var turn = table == "people" ? await gate.EnterAsync(context.RequestAborted) : null;
        var isZipped = context.Request.GetTypedHeaders().AcceptEncoding.Any(encoding => encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && encoding.Quality != 0);
        if (isZipped)
        {
            context.Response.Headers.ContentEncoding = "gzip";
        }

        await using var zip = isZipped ? new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true) : null;
        await WriteRowsAsync((Stream?)zip ?? context.Response.Body, Rows(table, range, context.RequestAborted), isCsv ? columns : null, context.RequestAborted);
    }

    private static async Task WriteRowsAsync(Stream output, IEnumerable<string> rows, string? columns, CancellationToken gone)
    {
        var text = new StringBuilder(columns is null ? "" : columns + "\r\n");
        foreach (var row in rows)
        {
            if (columns is not null)
            {
                Csv.Append(text, row);
            }
            else
            {
                text.Append(row).Append('\n');
            }

            if (text.Length >= FlushSize)
            {
                await output.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), gone);
                text.Clear();
            }
        }

        await output.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), gone);
        await output.FlushAsync(gone);
    }

    private IEnumerable<string> Rows(string table, ReportRange range, CancellationToken gone) => table == "people" ? PeopleRows(range, gone) : TableRows(table, range);

    private IEnumerable<string> TableRows(string table, ReportRange range)
    {
        var (from, to) = (Instants.Format(range.From), Instants.Format(range.To));
        var bounds = table != "events" ? new ExportBounds { Last = long.MaxValue }
            : database.Read(connection => connection.QueryFirst<ExportBounds>(SqlFile.Read("read/export_bounds"), new { from, to }));
        var (after, last) = (bounds.First - 1, bounds.Last);
        for (var rows = Page(table, after, last, from, to); rows.Count > 0; rows = Page(table, after, last, from, to))
        {
            foreach (var row in rows)
            {
                yield return row.Json;
            }

            after = rows[^1].Id;
        }
    }

    private List<ExportRow> Page(string table, long after, long last, string from, string to) => database.Read<List<ExportRow>>(connection =>
        [.. connection.Query<ExportRow>(SqlFile.Read("read/export_" + table), new { after, last, from, to, most = Together })]);

    private IEnumerable<string> PeopleRows(ReportRange range, CancellationToken gone)
    {
        var reading = facts.Open(new ReportScope(range.From, range.To, WithBots: true, WithPages: false), gone);
        foreach (var journey in reading.Journeys())
        {
            if (journey.Facts.Exists(fact => fact.Kind == FactKind.Event && range.Has(fact.Time)))
            {
                yield return PeopleList.Json(journey, reading.Terms, people.TextsOf);
            }
        }
    }
}

/// <summary>A row as JSON.</summary>
internal sealed class ExportRow
{
    public long Id { get; set; }
    public string Json { get; set; } = "";
}

/// <summary>Between which rows a range stands.</summary>
internal sealed class ExportBounds
{
    public long First { get; set; }
    public long Last { get; set; }
}

/// <summary>Rows of JSON as lines of CSV (RFC 4180).</summary>
internal static class Csv
{
    public static void Append(StringBuilder text, string json)
    {
        var line = new StringBuilder();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            line.Append(line.Length > 0 ? "," : "");
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    line.Append("\"\"");
                    break;
                case JsonTokenType.String:
                    AppendQuoted(line, Safe(reader.GetString()!));
                    break;
                default:
                    reader.Skip();
                    AppendQuoted(line, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(json).AsSpan(start, (int)reader.BytesConsumed - start)));
                    break;
            }
        }

        text.Append(line).Append("\r\n");
    }

    // What begins so, a spreadsheet would run.
    private static string Safe(string value) => value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + value : value;

    private static void AppendQuoted(StringBuilder line, string value) => line.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
}
