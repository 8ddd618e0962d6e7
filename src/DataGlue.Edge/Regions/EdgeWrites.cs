using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>
/// The POST verbs at an edge: read and checked as at the home, given ids, made durable in the outbox, and answered. An identification
/// is offered to the home first, which alone knows whether the visitor is new.
/// </summary>
internal sealed class EdgeWrites(Outbox outbox, HomeLink home, IngestBody body, IngestMetrics metrics, EdgeOptions options, ServerIds ids)
{
    private static readonly TimeSpan IdentifyPatience = TimeSpan.FromSeconds(2);

    /// <summary>Maps identify, track, sync and batch.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/glue/identify", IdentifyAsync).AllowPages().AnsweredHere();
        routes.MapPost("/glue/track", TrackAsync).AllowPages().AnsweredHere();
        routes.MapPost("/glue/sync", SyncAsync).AllowPages().AnsweredHere();
        routes.MapPost("/glue/batch", BatchAsync).AllowPages().AnsweredHere();
    }

    private async Task IdentifyAsync(HttpContext context)
    {
        using var hand = outbox.Take();
        var (request, item) = await ReadAsync(context, options.MaxBodyBytes, BatchItem.Identify, IdentifyRequest.Read);
        if (await AskHomeAsync(item) is not { } result)
        {
            await EnqueueAsync(item);
            IdentifyReply.WriteQueued(context.Response, request.GlueUserId);
            return;
        }

        metrics.Count([new BatchResult(result.Status)]);
        if (result.Status == BatchResult.Rejected)
        {
            ErrorBodies.Write(context.Response, result.Code ?? StatusCodes.Status400BadRequest, result.Error ?? "The home has rejected it");
            return;
        }

        IdentifyReply.Write(context.Response, request.GlueUserId, result.NewUser ?? false);
    }

    private async Task TrackAsync(HttpContext context)
    {
        using var hand = outbox.Take();
        var (request, item) = await ReadAsync(context, options.MaxBodyBytes, BatchItem.Track, TrackRequest.Read);
        await EnqueueAsync(item);
        TrackReply.WriteQueued(context.Response, request.EventId);
    }

    private async Task SyncAsync(HttpContext context)
    {
        using var hand = outbox.Take();
        var (request, item) = await ReadAsync(context, options.MaxBulkBytes, BatchItem.Sync, SyncRequest.Read);
        await EnqueueAsync(item);
        var reply = SyncReply.QueuedOf(request);
        metrics.Rejected(reply.EventsRejected.Count);
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.SyncReply);
    }

    private async Task BatchAsync(HttpContext context)
    {
        using var hand = outbox.Take();
        var (all, items) = await body.ReadAsync(
            context.Request,
            options.MaxBulkBytes,
            (ref reader, received, faults) => BatchRequest.Read(ref reader, received, ids, faults),
            static (request, json, received) => (request.Items, ItemsOf(request, json, received)));
        var refusals = new Queue<string?>(await outbox.EnqueueAsync(items));
        BatchResult[] results = [.. all.Select(item => item.Accepted is null || refusals.Dequeue() is not { } refusal ? item.Queued() : BatchItem.Reject(refusal).Queued())];
        var rejected = results.Count(result => result.Status == BatchResult.Rejected);
        metrics.Rejected(rejected);
        metrics.Queued(results.Length - rejected);
        JsonReply.Write(context.Response, StatusCodes.Status200OK, new BatchReply(true, results) { Queued = true }, EdgeJson.Wire.BatchReply);
    }

    private ValueTask<(T Request, OutboxWrite Item)> ReadAsync<T>(HttpContext context, int limit, string type, IngestBody.BodyReader<T> read)
        where T : class, IResolvable => body.ReadAsync(context.Request, limit, read, (request, json, received) =>
        {
            request.Resolve(ids);
            return (request, OutboxItem.Of(type, request, json, received));
        });

    private static List<OutboxWrite> ItemsOf(BatchRequest request, ReadOnlySpan<byte> json, long received)
    {
        var items = new List<OutboxWrite>(request.Items.Count);
        foreach (var item in request.Items)
        {
            if (item.Accepted is { } accepted)
            {
                items.Add(OutboxItem.Of(accepted.Type, accepted.Request, json[item.Place], received));
            }
        }

        return items;
    }

    // Null when the home has not answered, or is known not to: then nobody waits for it. A client that has gone meanwhile has sent it nevertheless.
    private async Task<RelayResult?> AskHomeAsync(OutboxWrite item)
    {
        if (home.Problem is not null)
        {
            return null;
        }

        try
        {
            return (await home.RelayAsync([item.Item], IdentifyPatience, CancellationToken.None))[0];
        }
        catch (Exception exception) when (exception is HomeException or StorageUnavailableException)
        {
            return null;
        }
    }

    private async Task EnqueueAsync(OutboxWrite item)
    {
        if ((await outbox.EnqueueAsync([item]))[0] is { } refusal)
        {
            metrics.Rejected();
            throw new RequestException(StatusCodes.Status400BadRequest, refusal);
        }

        metrics.Queued();
    }
}
