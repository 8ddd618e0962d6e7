using System.Text.Json;
using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;

namespace DataGlue.Edge.Regions;

/// <summary>The body of POST /glue/relay: what an edge has resolved.</summary>
/// <remarks><c>{"format":1,"items":[...]}</c>, its items as <see cref="OutboxItem"/> makes them; without items it only asks who the home is.</remarks>
internal sealed class RelayRequest
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int Format = 1;

    /// <summary>How many items a body holds at the most.</summary>
    public const int MaxItems = 1_000;

    /// <summary>How large a body may be, in bytes, decompressed.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    // The request of a client stands in an item, in a list, in the body.
    private const int Depth = OutboxItem.Depth + 2;

    private readonly List<Range> places = [];
    private long? format;

    private RelayRequest()
    {
    }

    /// <summary>Reads the items of a body, in their order; those with faults are rejected alone.</summary>
    /// <exception cref="RequestException">400 for a body that is none, 501 for one of a later version than this.</exception>
    public static IReadOnlyList<BatchItem> Read(ReadOnlySpan<byte> body)
    {
        var faults = new Faults();
        var request = new RelayRequest();
        JsonFields.ReadBody(body, faults, (ref reader) => request.Read(ref reader, faults), Depth);
        request.Check(faults);
        var items = new List<BatchItem>(request.places.Count);
        foreach (var place in request.places)
        {
            items.Add(OutboxItem.Read(body[place]));
        }

        return items;
    }

    private RelayRequest Read(ref Utf8JsonReader reader, Faults faults)
    {
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            if (reader.ValueTextEquals("format"u8))
            {
                reader.Read();
                format = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : null;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("items"u8))
            {
                ReadPlaces(ref reader, ref fields);
            }
            else
            {
                fields.Skip(ref reader);
            }
        }

        return this;
    }

    // Where the items stand: what they look like is known once the format is.
    private void ReadPlaces(ref Utf8JsonReader reader, ref JsonFields fields)
    {
        if (!fields.EnterArray(ref reader, "items"))
        {
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            places.Add(start..(int)reader.BytesConsumed);
        }
    }

    private void Check(Faults faults)
    {
        if (faults.None && format > Format)
        {
            throw new RequestException(
                StatusCodes.Status501NotImplemented, $"This home reads relays of format {Format}, and this one has {format}; bring the home to the version of the edge");
        }

        if (faults.None && format is not Format)
        {
            faults.Add($"format must be {Format}");
        }

        if (places.Count > MaxItems)
        {
            faults.Add($"items may hold {MaxItems} items at the most");
        }

        if (!faults.None)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
        }
    }
}
