using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads one item of a batch or of a relay; one with faults is rejected alone.</summary>
internal static class ItemReader
{
    public const string Identify = "identify";
    public const string Track = "track";
    public const string Sync = "sync";

    /// <summary>The fault of an item that came from an edge without the ids which that should have made.</summary>
    public const string UnfitIds = "The ids that the edge has made do not fit the item";

    /// <summary>Reads the object at whose start <paramref name="reader"/> stands; its member <c>type</c> says what it is.</summary>
    public static ReadItem Read(ref Utf8JsonReader reader, Receipt receipt)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new ReadItem(null, "An item must be an object");
        }

        return Read(ref reader, TypeOf(reader), receipt);
    }

    /// <param name="type">What it is: <c>identify</c>, <c>track</c> or <c>sync</c>.</param>
    public static ReadItem Read(ref Utf8JsonReader reader, string? type, Receipt receipt)
    {
        var faults = new Faults();
        Item? item = null;
        switch (type)
        {
            case Identify:
                item = IdentifyReader.Read(ref reader, receipt, faults);
                break;
            case Track:
                item = TrackReader.Read(ref reader, receipt, faults);
                break;
            case Sync:
                item = SyncReader.Read(ref reader, receipt, faults);
                break;
            default:
                reader.Skip();
                faults.Add("type must be identify, track or sync");
                break;
        }

        return faults.None ? new ReadItem(item, null) : new ReadItem(null, faults.ToString());
    }

    /// <summary>Adds the fault of an item that lacks a required field: which are required, and which it lacks.</summary>
    /// <param name="sentence">Which are required.</param>
    /// <param name="others">The fields that it has beside the known ones: one of them may be the missing one under another name.</param>
    /// <param name="faults">Takes the fault.</param>
    /// <param name="fields">The required fields, and whether they are there.</param>
    public static void Require(string sentence, IReadOnlyList<JsonMember> others, Faults faults, params ReadOnlySpan<(string Name, bool IsThere)> fields)
    {
        var missing = new List<string>();
        foreach (var (name, isThere) in fields)
        {
            if (!isThere)
            {
                var other = others.FirstOrDefault(member => Plain(member.Name) == Plain(name)).Name;
                missing.Add(other is null ? name : $"{name} (not {other})");
            }
        }

        if (missing.Count > 0)
        {
            faults.AddFirst($"{sentence}; {string.Join(" and ", missing)} {(missing.Count == 1 ? "is" : "are")} missing");
        }
    }

    // glueUserId, GLUE_USER_ID and glue-user-id are what some clients make of glue_user_id.
    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    // Looks ahead on a copy of the reader: the type may stand behind the fields that it decides about.
    private static string? TypeOf(Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = JsonText.ReadString(ref reader) == "type";
            reader.Read();
            if (isType)
            {
                return reader.TokenType == JsonTokenType.String ? JsonText.ReadString(ref reader) : null;
            }

            reader.Skip();
        }

        return null;
    }
}

/// <summary>An item, or why it was rejected.</summary>
internal readonly record struct ReadItem(Item? Item, string? Error)
{
    /// <summary>Sends the items to a sink; those that were rejected keep their place among the outcomes.</summary>
    public static async Task<IReadOnlyList<Outcome>> SendAsync(IReadOnlyList<ReadItem> items, ISink sink)
    {
        var sent = new Queue<Outcome>(await sink.SendBatchAsync([.. items.Where(item => item.Item is not null).Select(item => item.Item!)]));
        return [.. items.Select(item => item.Error is { } error ? Outcome.Rejected(StatusCodes.Status400BadRequest, error) : sent.Dequeue())];
    }
}
