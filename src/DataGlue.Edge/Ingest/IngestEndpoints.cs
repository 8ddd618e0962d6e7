using System.Text.Json;
using DataGlue.Edge.Http;
using DataGlue.Edge.OpenApi;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>The POST verbs: read, validate, write, and answer once the write is durable.</summary>
public sealed class IngestEndpoints(
    WriteQueue queue, BodyBudget budget, IngestMetrics metrics, EdgeOptions options, TimeProvider clock, ServerIds ids)
{
    private delegate T BodyReader<out T>(ref Utf8JsonReader reader, long received, Faults faults);

    /// <summary>Maps identify, track, sync and batch.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/glue/identify", IdentifyAsync).AllowPages().Describe("Writes", IngestOperations.Identify);
        routes.MapPost("/glue/track", TrackAsync).AllowPages().Describe("Writes", IngestOperations.Track);
        routes.MapPost("/glue/sync", SyncAsync).AllowPages().Describe("Writes", IngestOperations.Sync);
        routes.MapPost("/glue/batch", BatchAsync).AllowPages().Describe("Writes", IngestOperations.Batch);
    }

    private async Task IdentifyAsync(HttpContext context)
    {
        var request = await ReadAsync(context.Request, options.MaxBodyBytes, IdentifyRequest.Read);
        var write = request.ToWrite(ids);
        var results = await queue.SubmitAsync(write);
        var (outcome, rejection) = Rejection.Read(results[0]);
        if (!Rejects(context, rejection))
        {
            Count(outcome.Status);
            IdentifyReply.Write(context.Response, write.GlueUserId, outcome.NewUser);
        }
    }

    private async Task TrackAsync(HttpContext context)
    {
        var request = await ReadAsync(
            context.Request, options.MaxBodyBytes,
            static (ref reader, received, faults) => TrackRequest.Read(ref reader, received, synced: false, faults));
        var write = request.ToWrite(ids);
        var results = await queue.SubmitAsync(write);
        var (outcome, rejection) = Rejection.Read(write, results[0]);
        if (!Rejects(context, rejection))
        {
            Count(outcome.Status);
            TrackReply.Write(context.Response, outcome.EventId, outcome.Status == WriteStatus.Duplicate);
        }
    }

    private async Task SyncAsync(HttpContext context)
    {
        var request = await ReadAsync(context.Request, options.MaxBulkBytes, SyncRequest.Read);
        var pending = new PendingSync(request, ids);
        var (reply, rejection) = pending.Read(await queue.SubmitAsync(pending.Writes));
        if (!Rejects(context, rejection))
        {
            metrics.Count(reply!.EventsNew, reply.EventsDuplicate, reply.EventsRejected.Count);
            JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.SyncReply);
        }
    }

    private async Task BatchAsync(HttpContext context)
    {
        var request = await ReadAsync(
            context.Request, options.MaxBulkBytes,
            (ref reader, received, faults) => BatchRequest.Read(ref reader, received, ids, faults));
        var reply = request.ToReply(await queue.SubmitAsync(request.ToWrites()));
        foreach (var result in reply.Results)
        {
            metrics.Count(result);
        }

        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.BatchReply);
    }

    private async ValueTask<T> ReadAsync<T>(HttpRequest http, int limit, BodyReader<T> read)
        where T : class
    {
        using var body = await RequestBody.ReadAsync(http, limit, budget);
        var received = Instants.Now(clock);
        var faults = new Faults();
        var request = JsonFields.ReadBody(body.Bytes, faults, (ref reader) => read(ref reader, received, faults));
        if (faults.None && request is not null)
        {
            return request;
        }

        metrics.Rejected();
        throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
    }

    private void Count(WriteStatus status)
    {
        if (status == WriteStatus.Duplicate)
        {
            metrics.Duplicate();
        }
        else
        {
            metrics.Stored();
        }
    }

    private bool Rejects(HttpContext context, Rejection? rejection)
    {
        if (rejection is not null)
        {
            metrics.Rejected();
            ErrorBodies.Write(context.Response, rejection.Status, rejection.Error);
        }

        return rejection is not null;
    }
}
