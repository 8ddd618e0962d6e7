using System.Text.Json;
using DataGlue.Edge.Http;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>The POST verbs: read, validate, write, and answer once the write is durable.</summary>
public static class IngestEndpoints
{
    private delegate T BodyReader<out T>(ref Utf8JsonReader reader, long received, Faults faults);

    /// <summary>Maps identify, track, sync and batch.</summary>
    public static IEndpointRouteBuilder MapIngest(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/glue/identify", IdentifyAsync);
        routes.MapPost("/glue/track", TrackAsync);
        routes.MapPost("/glue/sync", SyncAsync);
        routes.MapPost("/glue/batch", BatchAsync);
        return routes;
    }

    private static async Task<IResult> IdentifyAsync(HttpRequest http, WriteQueue queue, EdgeOptions options, TimeProvider clock, ServerIds ids)
    {
        var request = await ReadAsync(http, options.MaxBodyBytes, clock, IdentifyRequest.Read);
        var write = request.ToWrite(ids);
        var results = await queue.SubmitAsync(write);
        var (outcome, rejection) = Rejection.Read(results[0]);
        return rejection is not null
            ? Reject(rejection)
            : new JsonReply<IdentifyReply>(
                StatusCodes.Status200OK, new IdentifyReply(true, write.GlueUserId.ToString(), outcome.NewUser), EdgeJson.Wire.IdentifyReply);
    }

    private static async Task<IResult> TrackAsync(HttpRequest http, WriteQueue queue, EdgeOptions options, TimeProvider clock, ServerIds ids)
    {
        var request = await ReadAsync(
            http, options.MaxBodyBytes, clock,
            (ref reader, received, faults) => TrackRequest.Read(ref reader, received, synced: false, faults));
        var write = request.ToWrite(ids);
        var results = await queue.SubmitAsync(write);
        var (outcome, rejection) = Rejection.Read(write, results[0]);
        bool? duplicate = outcome.Status == WriteStatus.Duplicate ? true : null;
        return rejection is not null
            ? Reject(rejection)
            : new JsonReply<TrackReply>(
                StatusCodes.Status200OK, new TrackReply(true, outcome.EventId.ToString(), duplicate), EdgeJson.Wire.TrackReply);
    }

    private static async Task<IResult> SyncAsync(HttpRequest http, WriteQueue queue, EdgeOptions options, TimeProvider clock, ServerIds ids)
    {
        var request = await ReadAsync(http, options.MaxBulkBytes, clock, SyncRequest.Read);
        var pending = new PendingSync(request, ids);
        var (reply, rejection) = pending.Read(await queue.SubmitAsync(pending.Writes));
        return reply is null
            ? Reject(rejection!)
            : new JsonReply<SyncReply>(StatusCodes.Status200OK, reply, EdgeJson.Wire.SyncReply);
    }

    private static async Task<IResult> BatchAsync(HttpRequest http, WriteQueue queue, EdgeOptions options, TimeProvider clock, ServerIds ids)
    {
        var request = await ReadAsync(
            http, options.MaxBulkBytes, clock,
            (ref reader, received, faults) => BatchRequest.Read(ref reader, received, ids, faults));
        var reply = request.ToReply(await queue.SubmitAsync(request.ToWrites()));
        return new JsonReply<BatchReply>(StatusCodes.Status200OK, reply, EdgeJson.Wire.BatchReply);
    }

    private static async Task<T> ReadAsync<T>(HttpRequest http, int limit, TimeProvider clock, BodyReader<T> read)
        where T : class
    {
        using var body = await RequestBody.ReadAsync(http, limit);
        var received = Instants.Now(clock);
        var faults = new Faults();
        var request = JsonFields.ReadBody(body.Bytes, faults, (ref reader) => read(ref reader, received, faults));
        return faults.None && request is not null
            ? request
            : throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
    }

    private static IResult Reject(Rejection rejection) => ErrorBodies.Error(rejection.Status, rejection.Error);
}
