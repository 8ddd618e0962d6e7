using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>POST /glue/identify, track, sync and batch: read and checked, sent, and answered once it is durable.</summary>
internal sealed class GlueEndpoints(ISink sink, ItemBody body, IntakeMetrics metrics, Settings settings)
{
    public void Map(IEndpointRouteBuilder glue)
    {
        glue.MapPost("/identify", context => PostAsync(context, settings.MaxBodyBytes, IdentifyReader.Read, GlueReplies.Identify)).AllowPages().AnsweredHere();
        glue.MapPost("/track", context => PostAsync(context, settings.MaxBodyBytes, TrackReader.Read, GlueReplies.Track)).AllowPages().AnsweredHere();
        glue.MapPost("/sync", context => PostAsync(context, settings.MaxBulkBytes, SyncReader.Read, GlueReplies.Sync)).AllowPages().AnsweredHere();
        glue.MapPost("/batch", PostBatchAsync).AllowPages().AnsweredHere();
    }

    private async Task PostAsync<T>(HttpContext context, int limit, ItemBody.BodyReader<T> read, Action<HttpResponse, T, Outcome> reply)
        where T : Item
    {
        var item = await body.ReadAsync(context.Request, limit, read);
        var outcome = (await sink.SendAsync([item]))[0];
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
        var items = await body.ReadAsync(context.Request, settings.MaxBulkBytes, BatchReader.Read);
        var outcomes = await ReadItem.SendAsync(items, sink);
        metrics.Count(outcomes);
        GlueReplies.Batch(context.Response, items, outcomes);
    }
}
