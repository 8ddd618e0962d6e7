using DataGlue.Edge.Http;
using DataGlue.Edge.Model;

namespace DataGlue.Edge.Privacy;

/// <summary>What the owner takes away: an identification that was wrong.</summary>
internal static class PrivacyEndpoints
{
    public static void MapPrivacy(this IEndpointRouteBuilder glue) => glue.MapDelete("/identifications/{event_id}", TakeBackAsync);

    private static async Task TakeBackAsync(HttpContext context, TakenBack takenBack, Adoption adoption)
    {
        await adoption.RunAsync();
        var eventId = RequestPath.Decode((string)context.Request.RouteValues["event_id"]!);
        var rows = takenBack.Find(eventId, Parameters.Single(context, "glue_user_id"));
        if (rows.Count == 0)
        {
            throw new RequestException(StatusCodes.Status404NotFound, "Identification not found");
        }

        if (rows.Exists(row => row.GlueUserId != rows[0].GlueUserId))
        {
            throw new RequestException(StatusCodes.Status400BadRequest, "Several browsers have an identification of this id; add glue_user_id to say which is meant");
        }

        await takenBack.TakeAsync(eventId, rows);
        JsonReply.Write(context.Response, StatusCodes.Status200OK, new TakenBackReply(true, eventId, rows[0].GlueUserId), ServerJson.Wire.TakenBackReply);
    }
}

internal sealed record TakenBackReply(bool Success, string EventId, string GlueUserId);
