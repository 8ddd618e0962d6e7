// The ceiling over HTTP: the same stack (native, slim builder, Kestrel, source-generated JSON) that parses a track and answers, and keeps nothing.
using System.Text.Json;
using System.Text.Json.Serialization;

var port = int.Parse(Environment.GetEnvironmentVariable("PORT") ?? "3000", System.Globalization.CultureInfo.InvariantCulture);
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.ListenAnyIP(port);
});
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, EchoJson.Default));

await using var app = builder.Build();
app.MapPost("/glue/track", (TrackBody body) => new TrackAnswer(true, body.EventId ?? "evt_1704376800000_000000000"));
await app.StartAsync();
await Console.Out.WriteLineAsync($"listening on {port}");
await app.WaitForShutdownAsync();

internal sealed record TrackBody(
    string GlueUserId, string Event, string? SessionId, string? Email, JsonElement? Properties, long? Timestamp, JsonElement? Context, string? EventId);

internal sealed record TrackAnswer(bool Success, string EventId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TrackBody))]
[JsonSerializable(typeof(TrackAnswer))]
internal sealed partial class EchoJson : JsonSerializerContext;
