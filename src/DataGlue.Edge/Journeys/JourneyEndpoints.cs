using DataGlue.Edge.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Primitives;

namespace DataGlue.Edge.Journeys;

/// <summary>GET /glue/user: the profile and the journey of a visitor.</summary>
internal static class JourneyEndpoints
{
    public static void MapJourneys(this IEndpointRouteBuilder glue)
    {
        glue.MapGet("/user/{glue_user_id}", ReadUserAsync);
        glue.MapGet("/user/email/{email}", ReadPersonAsync);
    }

    private static async Task ReadUserAsync(HttpContext context, JourneyReader reader)
    {
        var user = RequestPath.Decode((string)context.Request.RouteValues["glue_user_id"]!);
        await StreamAsync(context, reader, reader.Snapshot(), [user], isPerson: false);
    }

    private static async Task ReadPersonAsync(HttpContext context, JourneyReader reader)
    {
        var email = RequestPath.Decode((string)context.Request.RouteValues["email"]!).Trim();
        await StreamAsync(context, reader, reader.Snapshot(), reader.ProfilesOf(email), isPerson: true);
    }

    // The first of the users is the profile in front.
    private static async Task StreamAsync(HttpContext context, JourneyReader reader, long snapshot, List<string> users, bool isPerson)
    {
        var profile = (users.Count == 0 ? null : reader.Profile(users[0], snapshot))
            ?? throw new RequestException(StatusCodes.Status404NotFound, "User not found");
        var limit = ReadLimit(context.Request.Query["limit"]);
        var after = ReadAfter(context.Request.Query["after"], reader, users);
        context.Response.ContentType = JsonReply.ContentType;
        try
        {
            await new JourneyReply(context, reader, snapshot, users).WriteAsync(profile, isPerson, limit, after);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidDataException)
        {
            // Part of the reply may have been sent: only a broken connection shows that it is not complete.
            context.Abort();
            throw;
        }
    }

    private static int ReadLimit(StringValues values) => values.Count == 0 ? int.MaxValue
        : int.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit
        : throw new RequestException(StatusCodes.Status400BadRequest, $"limit must be a whole number from 1 to {int.MaxValue}");

    // An event of the journey, or an instant, after which the reply begins.
    private static EventKey ReadAfter(StringValues values, JourneyReader reader, List<string> users)
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

        var isEpoch = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var instant)
            && instant <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        return isEpoch || Instants.TryParse(text, out instant)
            ? EventKey.EndOf(Instants.Format(instant))
            : throw new RequestException(StatusCodes.Status400BadRequest, "after must be the event_id of an event of this journey, or an instant");
    }
}
