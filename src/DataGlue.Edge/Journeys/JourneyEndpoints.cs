using System.Globalization;
using System.Text.Json;
using DataGlue.Edge.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Primitives;

namespace DataGlue.Edge.Journeys;

/// <summary>GET /glue/user: who a visitor is, and what they did.</summary>
internal static class JourneyEndpoints
{
    /// <summary>Maps the two reads.</summary>
    public static void MapJourneys(this IEndpointRouteBuilder glue)
    {
        glue.MapGet("/user/{glue_user_id}", ReadUserAsync);
        glue.MapGet("/user/email/{email}", ReadPersonAsync);
    }

    private static async Task ReadUserAsync(HttpContext context, JourneyReader reader)
    {
        var user = RequestPath.Decode((string)context.Request.RouteValues["glue_user_id"]!);
        var snapshot = reader.Snapshot();
        var profile = reader.Profile(user, snapshot) ?? throw UserNotFound();
        await StreamAsync(context, reader, new Journey(profile, [user], IsPerson: false, snapshot));
    }

    private static async Task ReadPersonAsync(HttpContext context, JourneyReader reader)
    {
        var email = RequestPath.Decode((string)context.Request.RouteValues["email"]!).Trim();
        var snapshot = reader.Snapshot();
        var users = reader.ProfilesOf(email);
        var profile = (users.Count == 0 ? null : reader.Profile(users[0], snapshot)) ?? throw UserNotFound();
        await StreamAsync(context, reader, new Journey(profile, users, IsPerson: true, snapshot));
    }

    private static RequestException UserNotFound() => new(StatusCodes.Status404NotFound, "User not found");

    private static async Task StreamAsync(HttpContext context, JourneyReader reader, Journey journey)
    {
        var page = Paging.Read(context.Request.Query, reader, journey.Users);
        context.Response.ContentType = JsonReply.ContentType;
        var reply = new ReplyStream(context);
        try
        {
            await WriteAsync(reply, reader, journey, page);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidDataException)
        {
            // Half of a reply may be on its way: only a broken connection says that it is not whole.
            context.Abort();
            throw;
        }
    }

    private static async Task WriteAsync(ReplyStream reply, JourneyReader reader, Journey journey, Paging page)
    {
        var json = reply.Json;
        json.WriteStartObject();
        json.WriteBoolean("success", true);
        json.WritePropertyName("user");
        JourneyJson.WriteProfile(json, journey.User);
        if (journey.IsPerson)
        {
            await WriteProfilesAsync(reply, reader, journey);
        }

        var next = await WriteEventsAsync(reply, reader, journey, page);
        WriteSummary(json, reader, journey);
        if (next is not null)
        {
            json.WriteString("next_after", next);
        }

        json.WriteEndObject();
        await reply.FlushAsync();
    }

    private static async Task WriteProfilesAsync(ReplyStream reply, JourneyReader reader, Journey journey)
    {
        var json = reply.Json;
        json.WriteStartArray("users");
        foreach (var user in journey.Users)
        {
            if (reader.Profile(user, journey.Snapshot) is { } profile)
            {
                JourneyJson.WriteProfile(json, profile);
                await reply.FlushIfLongAsync();
            }
        }

        json.WriteEndArray();
    }

    // Returns the id to go on after, when the limit left events out.
    private static async Task<string?> WriteEventsAsync(
        ReplyStream reply, JourneyReader reader, Journey journey, Paging page)
    {
        var json = reply.Json;
        var events = new JourneyEvents(reader, journey.Users, page.After, journey.Snapshot);
        var left = page.Limit;
        json.WriteStartArray("events");
        while (left > 0 && events.HasMore())
        {
            foreach (var row in events.Next(left))
            {
                JourneyJson.WriteEvent(json, row);
                left--;
            }

            await reply.FlushIfLongAsync();
        }

        json.WriteEndArray();
        return left == 0 && events.HasMore() ? events.Last.EventId : null;
    }

    private static void WriteSummary(Utf8JsonWriter json, JourneyReader reader, Journey journey)
    {
        long total = 0;
        string? first = null;
        string? last = null;
        foreach (var user in journey.Users)
        {
            var span = reader.SpanOf(user, journey.Snapshot);
            total += span.Count;
            first = first is null || string.CompareOrdinal(span.First, first) < 0 ? span.First ?? first : first;
            last = last is null || string.CompareOrdinal(span.Last, last) > 0 ? span.Last ?? last : last;
        }

        json.WriteStartObject("summary");
        json.WriteNumber("total_events", total);
        json.WriteString("first_event", Instants.Normalize(first));
        json.WriteString("last_event", Instants.Normalize(last));
        json.WriteEndObject();
    }

    /// <summary>A JSON reply that is sent as it is written; what is waiting to be sent is bounded.</summary>
    private sealed class ReplyStream(HttpContext context)
    {
        private const int Long = 32 * 1024;

        private long sent;

        public Utf8JsonWriter Json { get; } = new(
            context.Response.BodyWriter, new JsonWriterOptions { Encoder = ServerJson.Encoder, SkipValidation = true });

        public async ValueTask FlushIfLongAsync()
        {
            if (Json.BytesCommitted + Json.BytesPending - sent >= Long)
            {
                await FlushAsync();
            }
        }

        public async Task FlushAsync()
        {
            Json.Flush();
            sent = Json.BytesCommitted;
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>What a read is about: the profile in front, and every profile whose events belong to it.</summary>
    private sealed record Journey(ProfileRow User, IReadOnlyList<string> Users, bool IsPerson, long Snapshot);

    /// <summary>Which part of a journey is asked for.</summary>
    private sealed record Paging(int Limit, EventKey After)
    {
        public static Paging Read(IQueryCollection query, JourneyReader reader, IReadOnlyList<string> users) =>
            new(ReadLimit(query["limit"]), ReadAfter(query["after"], reader, users));

        private static int ReadLimit(StringValues values)
        {
            if (values.Count == 0)
            {
                return int.MaxValue;
            }

            var valid = int.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out var limit);
            return valid && limit > 0
                ? limit
                : throw new RequestException(StatusCodes.Status400BadRequest, $"limit must be a whole number from 1 to {int.MaxValue}");
        }

        // An event of the journey, or an instant, after which to go on.
        private static EventKey ReadAfter(StringValues values, JourneyReader reader, IReadOnlyList<string> users)
        {
            if (values.Count == 0)
            {
                return EventKey.Start;
            }

            var text = values.ToString();
            if (reader.Find(text) is { } found && users.Contains(found.GlueUserId))
            {
                return found.Key;
            }

            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch <= MaxEpoch)
            {
                return EventKey.EndOf(Instants.Format(epoch));
            }

            return Instants.TryParse(text, out var instant)
                ? EventKey.EndOf(Instants.Format(instant))
                : throw new RequestException(
                    StatusCodes.Status400BadRequest, "after must be the event_id of an event of this journey, or an instant");
        }

        private static long MaxEpoch => DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
    }
}
