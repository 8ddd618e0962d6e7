using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Home;

/// <summary>POST /glue/relay: stores what edges have accepted, with the times and ids that they have given.</summary>
internal sealed class RelayEndpoint(HomeSink sink, ServerState state, Tombstones tombstones, WriteQueue queue, BodyBudget budget, IntakeMetrics metrics, TimeProvider clock, Settings settings)
{
    // How far an edge's clock may be ahead of this one, in milliseconds: a year, and its visitors would own every last visit.
    private const long ClockSkew = 5 * 60 * 1_000;

    // A request that was accepted somewhere must fit, however large the settings let it be.
    public void Map(IEndpointRouteBuilder glue) => glue.MapPost("/relay", PostAsync).For(Audience.Edges)
        .WithMetadata(new BodyLimit(Math.Max(RelayFormat.MaxBytes, settings.MaxBulkBytes + RelayFormat.MaxBytes / 2), BoundsRatio: false));

    /// <summary>Stores items that an edge, or this node while it was one, has accepted. Returns what became of each.</summary>
    /// <exception cref="StorageUnavailableException">Nothing is stored.</exception>
    public async Task<IReadOnlyList<Outcome>> StoreAsync(IReadOnlyList<ReadItem> items)
    {
        var outcomes = await ReadItem.SendAsync(items, sink);
        metrics.Count(outcomes);
        return outcomes;
    }

    private RelayTombstones TombstonesAfter(long after, string hash)
    {
        var isKnown = after == 0 || tombstones.IsOf(after, hash);
        var rows = isKnown ? tombstones.After(after, RelayFormat.MaxTombstones) : [];
        return new RelayTombstones(tombstones.Key, rows.ConvertAll(row => row.ToTombstone().ToList()), rows.Count > 0 ? rows[^1].Id : after, isKnown);
    }

    private async Task PostAsync(HttpContext context)
    {
        RelayBody relay;
        using (var body = await RequestBody.ReadAsync(context.Request, budget))
        {
            relay = RelayRequest.Read(body.Bytes, Instants.Now(clock) + ClockSkew);
        }

        // What they speak of goes with the next upkeep, and nothing of it comes from now on.
        if (relay.Tombstones.Count > 0)
        {
            await queue.SubmitAsync(new TombstonesTaken(relay.Tombstones, applied: false));
            tombstones.Reload();
        }

        var outcomes = await StoreAsync(relay.Items);
        var reply = new RelayReply(true, RelayFormat.Version, state.DatabaseId(), outcomes) { Tombstones = relay.After is { } after ? TombstonesAfter(after, relay.LastHash ?? "") : null };
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, ServerJson.Wire.RelayReply);
    }
}
