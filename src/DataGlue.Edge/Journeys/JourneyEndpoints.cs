using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Journeys;

/// <summary>GET /glue/user: the profile and the journey of a visitor.</summary>
internal static class JourneyEndpoints
{
    private const string NotFound = "User not found";

    public static void MapJourneys(this IEndpointRouteBuilder glue)
    {
        glue.MapMethods("/user/{glue_user_id}", HttpExtensions.Reads, ReadUserAsync);
        glue.MapMethods("/user/email/{email}", HttpExtensions.Reads, ReadEmailAsync);
        glue.MapMethods("/user/account/{user_id}", HttpExtensions.Reads, ReadAccountAsync);
    }

    private static async Task ReadUserAsync(HttpContext context, JourneyReader reader, Adoption adoption)
    {
        await adoption.RunAsync();
        var snapshot = reader.Snapshot();
        var profile = reader.Profiles([RequestPath.Value(context, "glue_user_id")], snapshot).FirstOrDefault() ?? throw new RequestException(StatusCodes.Status404NotFound, NotFound);
        var events = new BrowserEvents(reader, profile.GlueUserId, snapshot);
        var page = new JourneyPage(ReadAfter(Parameters.Single(context, "after"), reader, [events]), ReadLimit(context, "limit"), 0, 0);
        await StreamAsync(context, () => new JourneyReply(context, reader, snapshot).WriteAsync(profile, page));
    }

    private static async Task ReadEmailAsync(HttpContext context, JourneyReader reader, Adoption adoption)
    {
        await adoption.RunAsync();
        await ReadPersonAsync(context, reader, Person.OfEmail(reader, RequestPath.Value(context, "email").Trim()));
    }

    private static async Task ReadAccountAsync(HttpContext context, JourneyReader reader, Adoption adoption)
    {
        await adoption.RunAsync();
        await ReadPersonAsync(context, reader, Person.OfAccount(reader, RequestPath.Value(context, "user_id").Trim()));
    }

    private static Task ReadPersonAsync(HttpContext context, JourneyReader reader, Person person)
    {
        var snapshot = reader.Snapshot();
        var events = person.Events(snapshot);
        var users = reader.ByLastSeen(person.Browsers.Select(browser => browser.GlueUserId));
        var profile = person.Front(users, snapshot) is { } front ? reader.Profiles([front], snapshot).FirstOrDefault() : null;
        if (profile is null)
        {
            throw new RequestException(StatusCodes.Status404NotFound, NotFound);
        }

        profile.UserId = person.Account;
        profile.Email = person.EmailToShow(profile.Email);
        profile.Traits = PersonTraits.Of(reader, person.Browsers);
        var page = new JourneyPage(
            ReadAfter(Parameters.Single(context, "after"), reader, events), ReadLimit(context, "limit"),
            ReadUsersAfter(Parameters.Single(context, "users_after"), users), ReadLimit(context, "users_limit"));
        return StreamAsync(context, () => new JourneyReply(context, reader, snapshot).WriteAsync(profile, person, users, events, page));
    }

    private static async Task StreamAsync(HttpContext context, Func<Task> write)
    {
        context.Response.ContentType = JsonReply.ContentType;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        try
        {
            await write();
        }
        catch (Exception exception) when (exception is SqliteException or InvalidDataException)
        {
            // Part of the reply may have been sent: only a broken connection shows that it is not complete.
            context.Abort();
            throw;
        }
    }

    private static int ReadLimit(HttpContext context, string name) => Parameters.Single(context, name) is not { } text ? int.MaxValue
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit
        : throw new RequestException(StatusCodes.Status400BadRequest, $"{name} must be a whole number from 1 to {int.MaxValue}");

    // The place of the profile behind the one that is named.
    private static int ReadUsersAfter(string? user, List<string> users) => user is null ? 0
        : users.IndexOf(user) is >= 0 and var place ? place + 1
        : throw new RequestException(StatusCodes.Status400BadRequest, "users_after must be the glue_user_id of one of the users, as next_users_after gives it");

    // An event of the journey, or an instant, after which the reply begins. A plus sign that was not escaped comes as a blank.
    private static EventKey ReadAfter(string? place, JourneyReader reader, IReadOnlyList<EventSource> events) => place is null ? EventKey.Start
        : FindAfter(place, reader, events) ?? FindAfter(place.Replace(' ', '+'), reader, events)
        ?? throw new RequestException(StatusCodes.Status400BadRequest, "after must be the event_id of an event of this journey, or an instant");

    private static EventKey? FindAfter(string text, JourneyReader reader, IReadOnlyList<EventSource> events)
    {
        if (reader.Find(text) is { } found && events.Any(source => source.Has(found)))
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
