using System.Buffers;

namespace DataGlue.Edge.Reports;

/// <summary>GET /glue/live: events as they come in, as server-sent events: once a second at most 50, and how many more there were.</summary>
internal sealed class Live(EventList events, IHostApplicationLifetime lifetime)
{
    private const string ContentType = "text/event-stream; charset=utf-8";
    private const int Most = 50;
    private const int MostCallers = 20;
    private const int PingEvery = 15; // in seconds

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private int callers;

    public void Map(IEndpointRouteBuilder glue) => glue.MapMethods("/live", Http.HttpExtensions.Reads, ServeAsync);

    private async Task ServeAsync(HttpContext context)
    {
        var query = new ReportQuery(context.Request.Query);
        var withBots = query.Choice("bots", false, ("exclude", false), ("include", true));
        query.Require();
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = ContentType;
            return;
        }

        if (Interlocked.Increment(ref callers) > MostCallers)
        {
            Interlocked.Decrement(ref callers);
            throw new Http.RequestException(StatusCodes.Status503ServiceUnavailable, $"{MostCallers} callers are watching already; ask again a little later");
        }

        try
        {
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            await WriteAsync(context.Response, withBots, gone.Token);
        }
        catch (OperationCanceledException)
        {
            // The caller is gone, or the server stops.
        }
        finally
        {
            Interlocked.Decrement(ref callers);
        }
    }

    private async Task WriteAsync(HttpResponse response, bool withBots, CancellationToken gone)
    {
        response.ContentType = ContentType;
        var row = events.NewestRow();
        using var timer = new PeriodicTimer(Second);
        var silent = 0;
        await response.WriteAsync(": listening\n\n", gone);
        while (await timer.WaitForNextTickAsync(gone))
        {
            var (text, last) = Next(row, withBots);
            row = last;
            silent = text.Length > 0 ? 0 : silent + 1;
            if (silent == PingEvery)
            {
                (text, silent) = (": ping\n\n", 0);
            }

            if (text.Length > 0)
            {
                await response.WriteAsync(text, gone);
            }
        }
    }

    private (string Text, long Row) Next(long row, bool withBots)
    {
        var newest = events.NewestRow();
        var rows = newest <= row ? [] : events.Since(row, withBots, Most);
        newest = rows.Count > 0 ? Math.Max(newest, rows[^1].Id) : newest;
        if (rows.Count == 0)
        {
            return ("", newest);
        }

        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = ServerJson.Encoder });
        json.WriteStartObject();
        json.WriteStartArray("events");
        events.Write(json, rows);
        json.WriteEndArray();

        // What is passed over is only counted; bots among it too.
        json.WriteNumber("more", rows.Count == Most ? newest - rows[^1].Id : 0);
        json.WriteEndObject();
        json.Flush();
        return ($"data: {Encoding.UTF8.GetString(output.WrittenSpan)}\n\n", newest);
    }
}
