using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>POST /glue/relay, at the home: stores what edges have resolved, with the times and ids that they have given.</summary>
public sealed class RelayEndpoint(WriteQueue queue, OutboxReader reader, BodyBudget budget, IngestMetrics metrics, EdgeOptions options)
{
    // A request that was accepted somewhere must fit, however large the settings let it be.
    private readonly int limit = Math.Max(RelayRequest.MaxBytes, options.MaxBulkBytes + RelayRequest.MaxBytes / 2);

    /// <summary>Maps the endpoint, for holders of a key.</summary>
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/glue/relay", PostAsync).For(Audience.Keys).AnsweredAtHome();

    /// <summary>Stores items that an edge, or this node while it was one, has resolved.</summary>
    /// <returns>What became of each.</returns>
    /// <exception cref="StorageUnavailableException">Nothing is stored.</exception>
    internal async Task<IReadOnlyList<RelayResult>> StoreAsync(IReadOnlyList<BatchItem> items)
    {
        var results = BatchItem.ResultsOf(items, await queue.SubmitAsync(BatchItem.WritesOf(items)));
        metrics.Count(results);
        return [.. results.Select(RelayResult.Of)];
    }

    private async Task PostAsync(HttpContext context)
    {
        var results = await StoreAsync(await ReadAsync(context.Request));
        var reply = new RelayReply(true, RelayRequest.Format, reader.DatabaseId(), results);
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.RelayReply);
    }

    private async Task<IReadOnlyList<BatchItem>> ReadAsync(HttpRequest request)
    {
        using var body = await RequestBody.ReadAsync(request, limit, budget);
        return RelayRequest.Read(body.Bytes);
    }
}
