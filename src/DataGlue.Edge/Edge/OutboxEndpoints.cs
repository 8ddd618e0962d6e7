using System.Text.Json.Serialization;
using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Edge;

/// <summary>/glue/outbox: what waits for the home, what the home has rejected, and what the owner can do about it.</summary>
/// <param name="home">The home; null where this node is the home itself.</param>
internal sealed class OutboxEndpoints(
    Outbox outbox, OutboxReader reader, OutboxReserve reserve, ServerState server, Database database, Role role, Settings settings, HomeLink? home = null)
{
    private const string All = "all";
    private const string DiskFull = "disk_full";
    private const string FullDisk = "The disk of this edge is full: it accepts nothing new until there is room";
    private const int DefaultPage = 100;
    private const int MaxPage = 1_000;
    private const int MaxPageBytes = 1024 * 1024;

    public void Map(IEndpointRouteBuilder glue)
    {
        glue.MapMethods("/outbox", HttpExtensions.Reads, Read).AnsweredHere();
        glue.MapPost("/outbox/aside/{id}/retry", context => EmptyAsync(context, again: true)).AnsweredHere();
        glue.MapDelete("/outbox/aside/{id}", context => EmptyAsync(context, again: false)).AnsweredHere();
    }

    private Task Read(HttpContext context)
    {
        var limit = Number(context.Request.Query["limit"], "limit", 0, MaxPage) ?? DefaultPage;
        var after = Number(context.Request.Query["after"], "after", 0, long.MaxValue) ?? 0;
        var rows = reader.Aside(after, (int)limit, MaxPageBytes);
        var isWhole = rows.Count == 0 || reader.Aside(rows[^1].Id, 1, bytes: 0).Count == 0;
        var state = State();
        var reply = new OutboxReply(true, role.Name, state, outbox.Depth, outbox.InFlight, reader.CountAside())
        {
            Discarded = outbox.Discarded,
            Oldest = reader.Oldest(),
            Problem = state == DiskFull ? $"{FullDisk}{(home?.Problem is { } problem ? $". {problem.Detail}" : "")}" : outbox.Problem ?? home?.Problem?.Detail,
            Home = home?.Address,
            HomeId = home?.HomeId,
            DatabaseId = server.DatabaseId(),
            LastSuccess = home?.LastSuccess is { } success ? Instants.Format(success) : null,
            UsedBytes = database.UsedBytes,
            MaxBytes = home is null ? null : settings.OutboxMaxBytes,
            Aside = [.. rows.Select(AsideItem.Of)],
            NextAfter = isWhole ? null : rows[^1].Id,
        };
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, ServerJson.Wire.OutboxReply);
        return Task.CompletedTask;
    }

    // docs/regions.md tells what each means.
    private string State() => home is null ? "home" : !reserve.TryTake() ? DiskFull : home.Problem switch
    {
        null => "relaying",
        { Failure: HomeFailure.Refusing } => "held",
        _ => "away",
    };

    private async Task EmptyAsync(HttpContext context, bool again)
    {
        // All of them must be asked for by a word: an id that a script has lost must not mean them.
        var text = RequestPath.Decode((string)context.Request.RouteValues["id"]!);
        var id = text == All ? null : Number(text, "id", 1, long.MaxValue);
        var count = await outbox.EmptyAsideAsync(id, again);
        if (id is not null && count == 0)
        {
            throw new RequestException(StatusCodes.Status404NotFound, $"No item {id} is aside");
        }

        JsonReply.Write(context.Response, StatusCodes.Status200OK, new AsideReply(true, count), ServerJson.Wire.AsideReply);
    }

    private static long? Number(string? text, string name, long least, long most) => string.IsNullOrEmpty(text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new RequestException(StatusCodes.Status400BadRequest, $"{name} must be a whole number from {least} to {most}");
}

/// <summary>The reply to GET /glue/outbox.</summary>
internal sealed record OutboxReply(bool Success, string Role, string State, long Depth, long InHand, long AsideCount)
{
    public long Discarded { get; init; }
    public string? Oldest { get; init; }
    public string? Problem { get; init; }
    public string? Home { get; init; }
    public string? HomeId { get; init; }
    public string? DatabaseId { get; init; }
    public string? LastSuccess { get; init; }
    public long UsedBytes { get; init; }
    public long? MaxBytes { get; init; }
    public IReadOnlyList<AsideItem> Aside { get; init; } = [];

    /// <summary>What to give as <c>after</c> for the next page; absent when there is none.</summary>
    public long? NextAfter { get; init; }
}

/// <summary>An item that the home has rejected.</summary>
internal sealed record AsideItem(long Id, string Received, string PutAside, string Reason, RawJson Item)
{
    internal static AsideItem Of(AsideRow row) => new(row.Id, row.Received, row.PutAside, row.Reason, new RawJson(row.Item));
}

/// <summary>JSON that goes out as it stands, however deep it nests.</summary>
[JsonConverter(typeof(RawJsonConverter))]
internal readonly record struct RawJson(byte[] Utf8);

/// <summary>Writes JSON as it stands, and reads past it.</summary>
internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Skip();
        return default;
    }

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Utf8, skipInputValidation: true);
}

internal sealed record AsideReply(bool Success, long Count);
