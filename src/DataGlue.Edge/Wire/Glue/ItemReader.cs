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

    // Looks ahead on a copy of the reader: the type may stand behind the fields that it decides about.
    private static string? TypeOf(Utf8JsonReader reader)
    {
        var faults = new Faults();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = JsonText.ReadString(ref reader, "type", faults) == "type";
            reader.Read();
            if (isType)
            {
                return reader.TokenType == JsonTokenType.String ? JsonText.ReadString(ref reader, "type", faults) : null;
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
