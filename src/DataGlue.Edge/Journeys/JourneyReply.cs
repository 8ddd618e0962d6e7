using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>The JSON reply of a journey. It is sent while it is written, so that memory is bounded.</summary>
internal sealed class JourneyReply(HttpContext context, JourneyReader reader, long snapshot)
{
    // In bytes.
    private const int FlushSize = 32 * 1024;

    // Each may have 64 KiB of traits.
    private const int ProfilesTogether = 20;

    private long sent;

    private Utf8JsonWriter Json { get; } = new(context.Response.BodyWriter, new JsonWriterOptions { Encoder = ServerJson.Encoder, SkipValidation = true });

    /// <summary>The journey of one browser.</summary>
    public async Task WriteAsync(ProfileRow profile, JourneyPage page)
    {
        Begin(profile);
        await EndAsync([new BrowserEvents(reader, profile.GlueUserId, snapshot)], () => reader.SummaryOf(profile.GlueUserId, snapshot), page);
    }

    /// <summary>The journey of a person.</summary>
    /// <param name="profile">The one in front.</param>
    /// <param name="users">The ids of the person's browsers.</param>
    public async Task WriteAsync(ProfileRow profile, Person person, IReadOnlyList<string> users, IReadOnlyList<EventSource> events, JourneyPage page)
    {
        Begin(profile);
        await WriteProfilesAsync(users, page.FirstUser, (int)Math.Min((long)page.FirstUser + page.MostUsers, users.Count));
        Json.WriteStartArray("identifications");
        foreach (var row in person.Identifications())
        {
            JourneyJson.WriteIdentification(Json, row);
            await FlushIfLongAsync();
        }

        Json.WriteEndArray();
        await EndAsync(events, () => person.Summary(snapshot), page);
    }

    private void Begin(ProfileRow profile)
    {
        Json.WriteStartObject();
        Json.WriteBoolean("success", true);
        Json.WritePropertyName("user");
        JourneyJson.WriteProfile(Json, profile);
    }

    private async Task EndAsync(IReadOnlyList<EventSource> events, Func<SummaryRow> summary, JourneyPage page)
    {
        var next = await WriteEventsAsync(events, page.MostEvents, page.After);
        WriteSummary(summary());
        if (next is not null)
        {
            Json.WriteString("next_after", next);
        }

        Json.WriteEndObject();
        await FlushAsync();
    }

    private async Task WriteProfilesAsync(IReadOnlyList<string> users, int start, int end)
    {
        Json.WriteStartArray("users");
        foreach (var some in users.Take(start..end).Chunk(ProfilesTogether))
        {
            foreach (var profile in reader.Profiles(some, snapshot))
            {
                JourneyJson.WriteProfile(Json, profile);
            }

            await FlushIfLongAsync();
        }

        Json.WriteEndArray();
        if (end < users.Count)
        {
            Json.WriteString("next_users_after", users[end - 1]);
        }
    }

    // Returns the id of the last event when the limit left events out.
    private async Task<string?> WriteEventsAsync(IReadOnlyList<EventSource> sources, int limit, EventKey after)
    {
        var events = new JourneyEvents(sources, after);
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

    private void WriteSummary(SummaryRow all)
    {
        Json.WriteStartObject("summary");
        Json.WriteNumber("total_events", all.Count);
        Json.WriteString("first_event", Instants.Normalize(all.First));
        Json.WriteString("last_event", Instants.Normalize(all.Last));
        Json.WriteEndObject();
    }

    private ValueTask FlushIfLongAsync() => Json.BytesCommitted + Json.BytesPending - sent >= FlushSize ? FlushAsync() : default;

    private async ValueTask FlushAsync()
    {
        Json.Flush();
        sent = Json.BytesCommitted;
        reader.Release();
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}

/// <summary>Which part of a journey is wanted.</summary>
/// <param name="After">The place after which its events begin.</param>
/// <param name="MostEvents">How many of them.</param>
/// <param name="FirstUser">Of a person: at which of the users to begin.</param>
/// <param name="MostUsers">How many of them.</param>
internal sealed record JourneyPage(EventKey After, int MostEvents, int FirstUser, int MostUsers);
