using System.Security.Cryptography;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Privacy;

/// <summary>What the owner takes away: an identification that was wrong, or all that is known of a browser or a person.</summary>
internal static class PrivacyEndpoints
{
    private const int KeyDigits = 8;

    public static void MapPrivacy(this IEndpointRouteBuilder glue)
    {
        glue.MapDelete("/identifications/{event_id}", TakeBackAsync);
        glue.MapDelete("/user/{glue_user_id}", EraseBrowserAsync);
        glue.MapDelete("/user/email/{email}", EraseEmailAsync);
        glue.MapDelete("/user/account/{user_id}", EraseAccountAsync);
    }

    private static async Task TakeBackAsync(HttpContext context, TakenBack takenBack, Adoption adoption)
    {
        await adoption.RunAsync();
        var eventId = RequestPath.Value(context, "event_id");
        var rows = takenBack.Find(eventId, Parameters.Single(context, "glue_user_id"));
        if (rows.Count == 0)
        {
            throw new RequestException(StatusCodes.Status404NotFound, "Identification not found");
        }

        // What was taken back before is not meant where something else is left to take.
        rows = rows.Exists(row => row.IsTaken == 0) ? rows.FindAll(row => row.IsTaken == 0) : rows;
        if (rows.Exists(row => row.GlueUserId != rows[0].GlueUserId))
        {
            throw new RequestException(StatusCodes.Status400BadRequest, "Several browsers have an identification of this id; add glue_user_id to say which is meant");
        }

        if (!await takenBack.TryTakeAsync(eventId, rows))
        {
            throw new RequestException(StatusCodes.Status400BadRequest, Outcome.RefusedByOwner.Error!);
        }

        JsonReply.Write(context.Response, StatusCodes.Status200OK, new TakenBackReply(true, eventId, rows[0].GlueUserId), ServerJson.Wire.TakenBackReply);
    }

    private static async Task EraseBrowserAsync(HttpContext context, Erasure erasure, Adoption adoption)
    {
        await adoption.RunAsync();
        await WriteAsync(context, erasure.EraseAsync(RequestPath.Value(context, "glue_user_id"), KeyOf(context)));
    }

    private static Task EraseEmailAsync(HttpContext context, Erasure erasure, Adoption adoption, JourneyReader reader) =>
        ErasePersonAsync(context, erasure, adoption, reader, "email", () => Person.OfEmail(reader, RequestPath.Value(context, "email").Trim()));

    private static Task EraseAccountAsync(HttpContext context, Erasure erasure, Adoption adoption, JourneyReader reader) =>
        ErasePersonAsync(context, erasure, adoption, reader, "account", () => Person.OfAccount(reader, RequestPath.Value(context, "user_id").Trim()));

    private static async Task ErasePersonAsync(HttpContext context, Erasure erasure, Adoption adoption, JourneyReader reader, string kind, Func<Person> find)
    {
        await adoption.RunAsync();
        await WriteAsync(context, erasure.EraseAsync(
            () =>
            {
                var person = find();
                var newest = person.Summary(reader.Snapshot()).Last;

                // A connection that reads keeps the log from being emptied.
                reader.Release();
                return (person, newest);
            },
            kind,
            KeyOf(context)));
    }

    private static async Task WriteAsync(HttpContext context, Task<ErasureResult> erasing)
    {
        ErasureResult result;
        try
        {
            result = await erasing;
        }
        catch (ErasureRefusedException refused)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, refused.Message);
        }

        if (result.Counts.Values.All(count => count == 0))
        {
            throw new RequestException(StatusCodes.Status404NotFound, "User not found; what arrives later of what happened before is dropped");
        }

        var reply = new ErasedReply(true, result.Counts) { Bytes = result.IsLogEmpty ? null : "pending" };
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, ServerJson.Wire.ErasedReply);
    }

    private static string? KeyOf(HttpContext context) => context.KeyProof() != KeyProof.Secret ? null
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers[ApiKeys.Header].ToString())))[..KeyDigits];
}

internal sealed record TakenBackReply(bool Success, string EventId, string GlueUserId);

/// <param name="Erased">How many rows of each table were erased.</param>
internal sealed record ErasedReply(bool Success, Dictionary<string, long> Erased)
{
    public string? Bytes { get; init; } // "pending" where a reader still holds the log, in which the bytes are
}
