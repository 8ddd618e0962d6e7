using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Regions;

/// <summary>/glue/outbox: what waits for the home, what the home has rejected, and what the owner can do about it.</summary>
internal sealed class OutboxEndpoints(Outbox outbox, OutboxReader reader, OutboxReserve reserve, EdgeOptions options, IServiceProvider services)
{
    private const string All = "all";

    private const int DefaultPage = 100;

    private const int MaxPage = 1_000;

    private const int MaxPageBytes = 1024 * 1024;

    private readonly HomeLink? home = services.GetService<HomeLink>();

    /// <summary>Maps the endpoints, for the owner of this very node.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/glue/outbox", Read).AnsweredHere();
        routes.MapPost("/glue/outbox/aside/{id}/retry", context => EmptyAsync(context, again: true)).AnsweredHere();
        routes.MapDelete("/glue/outbox/aside/{id}", context => EmptyAsync(context, again: false)).AnsweredHere();
        routes.MapDelete("/glue/outbox/home", ForgetAsync).AnsweredHere();
    }

    private Task Read(HttpContext context)
    {
        var limit = Number(context.Request.Query["limit"], "limit", 0, MaxPage) ?? DefaultPage;
        var after = Number(context.Request.Query["after"], "after", 0, long.MaxValue) ?? 0;
        var rows = reader.Aside(after, (int)limit, MaxPageBytes);
        var isWhole = rows.Count == 0 || reader.Aside(rows[^1].Id, 1, bytes: 0).Count == 0;
        var reply = new OutboxReply(true, options.Role, State(), outbox.Depth, outbox.InHand, reader.CountAside())
        {
            Discarded = outbox.Discarded,
            Oldest = reader.Oldest(),
            Problem = home?.Problem?.Detail,
            Home = home?.Address,
            HomeId = home?.HomeId,
            DatabaseId = reader.DatabaseId(),
            LastSuccess = home?.LastSuccess is { } success ? Instants.Format(success) : null,
            UsedBytes = outbox.UsedBytes,
            MaxBytes = home is null ? null : options.OutboxMaxBytes,
            Aside = [.. rows.Select(AsideItem.Of)],
            NextAfter = isWhole ? null : rows[^1].Id,
        };
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, EdgeJson.Wire.OutboxReply);
        return Task.CompletedTask;
    }

    private string State()
    {
        if (home is null)
        {
            return "home";
        }

        if (!reserve.IsHeld)
        {
            return "disk_full";
        }

        return home.Problem switch
        {
            null => "relaying",
            { Failure: HomeFailure.Refusing } => "held",
            _ => "away",
        };
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

        JsonReply.Write(context.Response, StatusCodes.Status200OK, new AsideReply(true, count), EdgeJson.Wire.AsideReply);
    }

    private async Task ForgetAsync(HttpContext context)
    {
        if (home is null)
        {
            throw new RequestException(StatusCodes.Status404NotFound, "This is the home itself");
        }

        var known = home.HomeId is null ? 0 : 1;
        await home.ForgetAsync();
        outbox.Wake();
        JsonReply.Write(context.Response, StatusCodes.Status200OK, new AsideReply(true, known), EdgeJson.Wire.AsideReply);
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
/// <param name="State"><c>relaying</c>; <c>away</c> while the home does not answer; <c>held</c> until somebody changes something; <c>disk_full</c>; <c>home</c> at the home.</param>
/// <param name="Depth">How many items wait.</param>
/// <param name="InHand">How many requests are being read or written, which will wait as well.</param>
/// <param name="AsideCount">How many are aside.</param>
public sealed record OutboxReply(bool Success, string Role, string State, long Depth, long InHand, long AsideCount)
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
public sealed record AsideItem(long Id, string Received, string PutAside, string Reason, RawJson Item)
{
    internal static AsideItem Of(AsideRow row) => new(row.Id, row.Received, row.PutAside, row.Reason, new RawJson(row.Item));
}

/// <summary>JSON that goes out as it stands, however deep it nests.</summary>
/// <param name="Utf8">The text.</param>
[JsonConverter(typeof(RawJsonConverter))]
public readonly record struct RawJson(byte[] Utf8);

/// <summary>Writes JSON as it stands, and reads past it.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    /// <inheritdoc/>
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Skip();
        return default;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteRawValue(value.Utf8, skipInputValidation: true);
    }
}

/// <summary>The reply to a retry or deletion.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Count">How many items it was about.</param>
public sealed record AsideReply(bool Success, long Count);
