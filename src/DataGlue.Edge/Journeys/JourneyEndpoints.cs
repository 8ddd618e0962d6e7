using DataGlue.Edge.Http;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Journeys;

/// <summary>GET /glue/user: the profile and the journey of a visitor.</summary>
internal static class JourneyEndpoints
{
    public static void MapJourneys(this IEndpointRouteBuilder glue)
    {
        glue.MapMethods("/user/{glue_user_id}", HttpExtensions.Reads, ReadUserAsync);
        glue.MapMethods("/user/email/{email}", HttpExtensions.Reads, ReadPersonAsync);
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
        var limit = ReadLimit(context, "limit");
        var usersLimit = isPerson ? ReadLimit(context, "users_limit") : 1;
        var usersAfter = isPerson ? ReadUsersAfter(Single(context, "users_after"), users) : 0;
        var after = ReadAfter(Single(context, "after"), reader, users);
        context.Response.ContentType = JsonReply.ContentType;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        try
        {
            await new JourneyReply(context, reader, snapshot, users).WriteAsync(profile, isPerson ? (usersAfter, usersLimit) : null, limit, after);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidDataException)
        {
            // Part of the reply may have been sent: only a broken connection shows that it is not complete.
            context.Abort();
            throw;
        }
    }

    private static string? Single(HttpContext context, string name) => context.Request.Query[name] is var values && values.Count <= 1 ? values
        : throw new RequestException(StatusCodes.Status400BadRequest, $"{name} appears {values.Count} times; give it once");

    private static int ReadLimit(HttpContext context, string name) => Single(context, name) is not { } text ? int.MaxValue
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit
        : throw new RequestException(StatusCodes.Status400BadRequest, $"{name} must be a whole number from 1 to {int.MaxValue}");

    // The place of the profile behind the one that is named.
    private static int ReadUsersAfter(string? user, List<string> users) => user is null ? 0
        : users.IndexOf(user) is >= 0 and var place ? place + 1
        : throw new RequestException(StatusCodes.Status400BadRequest, "users_after must be the glue_user_id of one of the users, as next_users_after gives it");

    // An event of the journey, or an instant, after which the reply begins. A plus sign that was not escaped comes as a blank.
    private static EventKey ReadAfter(string? place, JourneyReader reader, List<string> users) => place is null ? EventKey.Start
        : FindAfter(place, reader, users) ?? FindAfter(place.Replace(' ', '+'), reader, users)
        ?? throw new RequestException(StatusCodes.Status400BadRequest, "after must be the event_id of an event of this journey, or an instant");

    private static EventKey? FindAfter(string text, JourneyReader reader, List<string> users)
    {
        if (reader.Find(text) is { } found && users.Contains(found.GlueUserId))
        {
            return found.Key;
        }

        var isEpoch = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var instant)
            && instant <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        if (isEpoch && instant < Instants.LeastNumber)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, "after is a number below 100,000,000,000: is it in seconds? It must be in milliseconds since 1970");
        }

        return isEpoch || Instants.TryParse(text, out instant) ? EventKey.EndOf(Instants.Format(instant)) : null;
    }
}
