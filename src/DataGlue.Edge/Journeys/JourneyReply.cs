namespace DataGlue.Edge.Journeys;

/// <summary>The JSON reply of a journey. It is sent while it is written, so that memory is bounded.</summary>
internal sealed class JourneyReply(HttpContext context, JourneyReader reader, long snapshot, IReadOnlyList<string> users)
{
    // In bytes.
    private const int FlushSize = 32 * 1024;

    private long sent;

    private Utf8JsonWriter Json { get; } = new(context.Response.BodyWriter, new JsonWriterOptions { Encoder = ServerJson.Encoder, SkipValidation = true });

    /// <param name="page">Of a person: at which of the users to begin, and how many to show; null for a single profile.</param>
    public async Task WriteAsync(ProfileRow profile, (int Start, int Most)? page, int limit, EventKey after)
    {
        Json.WriteStartObject();
        Json.WriteBoolean("success", true);
        Json.WritePropertyName("user");
        JourneyJson.WriteProfile(Json, profile);
        if (page is { } shown)
        {
            await WriteProfilesAsync(shown.Start, (int)Math.Min((long)shown.Start + shown.Most, users.Count));
        }

        var next = await WriteEventsAsync(limit, after);
        WriteSummary();
        if (next is not null)
        {
            Json.WriteString("next_after", next);
        }

        Json.WriteEndObject();
        await FlushAsync();
    }

    private async Task WriteProfilesAsync(int start, int end)
    {
        Json.WriteStartArray("users");
        for (var i = start; i < end; i++)
        {
            if (reader.Profile(users[i], snapshot) is { } profile)
            {
                JourneyJson.WriteProfile(Json, profile);
                await FlushIfLongAsync();
            }
        }

        Json.WriteEndArray();
        if (end < users.Count)
        {
            Json.WriteString("next_users_after", users[end - 1]);
        }
    }

    // Returns the id of the last event when the limit left events out.
    private async Task<string?> WriteEventsAsync(int limit, EventKey after)
    {
        var events = new JourneyEvents(reader, users, after, snapshot);
        var left = limit;
        Json.WriteStartArray("events");
        while (left > 0 && events.HasMore)
        {
            foreach (var row in events.Next(left))
            {
                JourneyJson.WriteEvent(Json, row);
                left--;
            }

            await FlushIfLongAsync();
        }

        Json.WriteEndArray();
        return left == 0 && events.HasMore ? events.Last.EventId : null;
    }

    private void WriteSummary()
    {
        var (total, first, last) = (0L, default(string), default(string));
        foreach (var user in users)
        {
            var span = reader.SpanOf(user, snapshot);
            total += span.Count;
            first = first is null || string.CompareOrdinal(span.First, first) < 0 ? span.First ?? first : first;
            last = last is null || string.CompareOrdinal(span.Last, last) > 0 ? span.Last ?? last : last;
        }

        Json.WriteStartObject("summary");
        Json.WriteNumber("total_events", total);
        Json.WriteString("first_event", Instants.Normalize(first));
        Json.WriteString("last_event", Instants.Normalize(last));
        Json.WriteEndObject();
    }

    private ValueTask FlushIfLongAsync() => Json.BytesCommitted + Json.BytesPending - sent >= FlushSize ? FlushAsync() : default;

    private async ValueTask FlushAsync()
    {
        Json.Flush();
        sent = Json.BytesCommitted;
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
