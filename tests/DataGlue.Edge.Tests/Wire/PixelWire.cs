using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataGlue.Edge.Tests.Wire;

/// <summary>A further wire, as it would stand in a folder of its own: a picture that an e-mail loads, <c>/pixel/{user}/{event}</c>.</summary>
internal static class PixelWire
{
    public static void MapPixel(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/pixel").RateLimited().AnsweredHere().For(Audience.Pages).MapGet("/{user}/{event}", async (HttpContext context, string user, string @event, ISink sink, EventLimiter limiter, Sources sources, ServerIds ids, TimeProvider clock) =>
        {
            limiter.Take(context, 1);
            var now = Instants.Now(clock);
            var outcome = await sink.SendAsync(new Track
            {
                GlueUserId = Utf8Text.From(user),
                Event = Utf8Text.From(@event),
                EventId = ids.NewEvent(now),
                ServerMade = true,
                Provenance = sources.Of(context),
                Received = now,
                Timestamp = now,
                Properties = JsonText.EmptyObject,
            });
            return outcome.Error is null ? Results.NoContent() : Results.BadRequest(outcome.Error);
        });

    /// <summary>What the owner alone reads, at a second prefix; an edge sends it on.</summary>
    public static void MapReport(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1").RateLimited().AnsweredAtHome().MapGet("/count", (Database database) =>
        {
            using var connection = database.OpenReader();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM events";
            return Results.Text($"{command.ExecuteScalar()}", "text/plain");
        });
}
