using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>POST /glue/identify, track, sync and batch: read and checked, sent, and answered once it is durable.</summary>
internal sealed class GlueEndpoints(ISink sink, ItemBody body, IntakeMetrics metrics, Settings settings)
{
    public void Map(IEndpointRouteBuilder glue)
    {
        var single = glue.MapGroup("").AllowPages().AnsweredHere().WithMetadata(new BodyLimit(settings.MaxBodyBytes));
        single.MapPost("/identify", context => PostAsync(context, IdentifyReader.Read, GlueReplies.Identify));
        single.MapPost("/track", context => PostAsync(context, TrackReader.Read, GlueReplies.Track));
        var bulk = glue.MapGroup("").AllowPages().AnsweredHere().WithMetadata(new BodyLimit(settings.MaxBulkBytes));
        bulk.MapPost("/sync", context => PostAsync(context, SyncReader.Read, GlueReplies.Sync));
        bulk.MapPost("/batch", PostBatchAsync);
    }

    private async Task PostAsync<T>(HttpContext context, ItemBody.BodyReader<T> read, Action<HttpResponse, T, Outcome> reply)
        where T : Item
    {
        var item = await body.ReadAsync(context.Request, read, ItemCost.Of);
        var outcome = await sink.SendAsync(item);
        metrics.Count(outcome);
        if (outcome.Error is { } error)
        {
            ErrorBodies.Write(context.Response, outcome.Code ?? StatusCodes.Status400BadRequest, error);
        }
        else
        {
            reply(context.Response, item, outcome);
        }
    }

    private async Task PostBatchAsync(HttpContext context)
    {
        var items = await body.ReadAsync(context.Request, BatchReader.Read, items => items.Sum(item => item.Item is { } read ? ItemCost.Of(read) : 0));
        var outcomes = await ReadItem.SendAsync(items, sink);
        metrics.Count(outcomes);
        GlueReplies.Batch(context.Response, items, outcomes, sink.Queues);
    }
}
