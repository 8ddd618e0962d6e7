using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Edge;

/// <summary>/glue/outbox: what waits for the home, what the home has rejected, and what the owner can do about it.</summary>
internal sealed class OutboxEndpoints(Outbox outbox, OutboxReader reader, ServerState server, Database database, Role role, Func<RelayState> relay)
{
    private const string All = "all";

    private const int DefaultPage = 100;

    private const int MaxPage = 1_000;

    private const int MaxPageBytes = 1024 * 1024;

    /// <summary>Maps the endpoints, for the owner of this very node.</summary>
    public void Map(IEndpointRouteBuilder glue)
    {
        glue.MapGet("/outbox", Read).AnsweredHere();
        glue.MapPost("/outbox/aside/{id}/retry", context => EmptyAsync(context, again: true)).AnsweredHere();
        glue.MapDelete("/outbox/aside/{id}", context => EmptyAsync(context, again: false)).AnsweredHere();
    }

    private Task Read(HttpContext context)
    {
        var limit = Number(context.Request.Query["limit"], "limit", 0, MaxPage) ?? DefaultPage;
        var after = Number(context.Request.Query["after"], "after", 0, long.MaxValue) ?? 0;
        var rows = reader.Aside(after, (int)limit, MaxPageBytes);
        var isWhole = rows.Count == 0 || reader.Aside(rows[^1].Id, 1, bytes: 0).Count == 0;
        var state = relay();
        var reply = new OutboxReply(true, role.Name, state.Name, outbox.Depth, outbox.InFlight, reader.CountAside())
        {
            Discarded = outbox.Discarded,
            Oldest = reader.Oldest(),
            Problem = state.Problem,
            Home = state.Home,
            HomeId = state.HomeId,
            DatabaseId = server.DatabaseId(),
            LastSuccess = state.LastSuccess is { } success ? Instants.Format(success) : null,
            UsedBytes = database.UsedBytes,
            MaxBytes = state.MaxBytes,
            Aside = [.. rows.Select(AsideItem.Of)],
            NextAfter = isWhole ? null : rows[^1].Id,
        };
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, ServerJson.Wire.OutboxReply);
        return Task.CompletedTask;
    }

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

    private static long? Number(string? text, string name, long least, long most)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new RequestException(StatusCodes.Status400BadRequest, $"{name} must be a whole number from {least} to {most}");
    }
}

/// <summary>The reply to GET /glue/outbox.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Role"><c>home</c> or <c>edge</c>.</param>
/// <param name="State">The name of a <see cref="RelayState"/>.</param>
/// <param name="Depth">How many items wait.</param>
/// <param name="InHand">How many requests are being read or written, which will wait as well.</param>
/// <param name="AsideCount">How many are aside.</param>
internal sealed record OutboxReply(bool Success, string Role, string State, long Depth, long InHand, long AsideCount)
{
    /// <summary>How many rejected items had no room aside, since the start, and are gone.</summary>
    public long Discarded { get; init; }

    /// <summary>When the oldest that waits was received.</summary>
    public string? Oldest { get; init; }

    /// <summary>Why the home took nothing when it was last tried.</summary>
    public string? Problem { get; init; }

    /// <summary>Where the home is.</summary>
    public string? Home { get; init; }

    /// <summary>Which database the home is.</summary>
    public string? HomeId { get; init; }

    /// <summary>Which database this is.</summary>
    public string? DatabaseId { get; init; }

    /// <summary>When the home last took something, since the start.</summary>
    public string? LastSuccess { get; init; }

    /// <summary>How much the database uses.</summary>
    public long UsedBytes { get; init; }

    /// <summary>How much it may use.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>What the home has rejected.</summary>
    public IReadOnlyList<AsideItem> Aside { get; init; } = [];

    /// <summary>What to give as <c>after</c> for the next page; absent when there is none.</summary>
    public long? NextAfter { get; init; }
}

/// <summary>An item that the home has rejected.</summary>
/// <param name="Id">Its id, for a retry or deletion.</param>
/// <param name="Received">When the edge received it.</param>
/// <param name="PutAside">When the home rejected it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Item">What the edge has kept of it.</param>
internal sealed record AsideItem(long Id, string Received, string PutAside, string Reason, RawJson Item)
{
    internal static AsideItem Of(AsideRow row) => new(row.Id, row.Received, row.PutAside, row.Reason, new RawJson(row.Item));
}

/// <summary>JSON that goes out as it stands, however deep it nests.</summary>
/// <param name="Utf8">The text.</param>
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

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
    {
        writer.WriteRawValue(value.Utf8, skipInputValidation: true);
    }
}

/// <summary>The reply to a retry or deletion.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Count">How many items it was about.</param>
internal sealed record AsideReply(bool Success, long Count);
