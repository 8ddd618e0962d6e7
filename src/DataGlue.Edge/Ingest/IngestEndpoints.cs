using DataGlue.Edge.Http;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>The POST verbs: read, validate, write, and answer once the write is durable.</summary>
public sealed class IngestEndpoints(WriteQueue queue, IngestBody body, IngestMetrics metrics, EdgeOptions options, ServerIds ids)
{
    /// <summary>Maps identify, track, sync and batch.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/glue/identify", IdentifyAsync).AllowPages();
        routes.MapPost("/glue/track", TrackAsync).AllowPages();
        routes.MapPost("/glue/sync", SyncAsync).AllowPages();
        routes.MapPost("/glue/batch", BatchAsync).AllowPages();
    }

    private async Task IdentifyAsync(HttpContext context)
    {
        var request = await body.ReadAsync(context.Request, options.MaxBodyBytes, IdentifyRequest.Read);
        request.Resolve(ids);
        var write = request.ToWrite();
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
        var request = await body.ReadAsync(context.Request, options.MaxBodyBytes, TrackRequest.Read);
        request.Resolve(ids);
        var write = request.ToWrite();
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
        var request = await body.ReadAsync(context.Request, options.MaxBulkBytes, SyncRequest.Read);
        request.Resolve(ids);
        var pending = new PendingSync(request);
        var (reply, rejection) = pending.Read(await queue.SubmitAsync(pending.Writes));
        if (!Rejects(context, rejection))
        {
            metrics.Count(reply!.EventsNew.GetValueOrDefault(), reply.EventsDuplicate.GetValueOrDefault(), reply.EventsRejected.Count);
            JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.SyncReply);
        }
    }

    private async Task BatchAsync(HttpContext context)
    {
        var request = await body.ReadAsync(
            context.Request, options.MaxBulkBytes, (ref reader, received, faults) => BatchRequest.Read(ref reader, received, ids, faults));
        var reply = new BatchReply(true, BatchItem.ResultsOf(request.Items, await queue.SubmitAsync(BatchItem.WritesOf(request.Items))));
        metrics.Count(reply.Results);
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.BatchReply);
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
