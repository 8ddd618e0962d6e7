using System.Text.Json;
using DataGlue.Edge.Http;
using DataGlue.Edge.Wire.Glue;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Home;

/// <summary>
/// The body of POST /glue/relay: <c>{"format":1,"items":[...]}</c>, its items as <see cref="OutboxItem"/> makes them. Without items it only asks
/// who the home is.
/// </summary>
internal sealed class RelayRequest
{
    // The request of a client stands in an item, in a list, in the body.
    private const int Depth = OutboxItem.Depth + 2;

    private readonly List<Range> places = [];
    private long? format;

    private RelayRequest()
    {
    }

    /// <summary>Reads the items of a body, in their order; those with faults are rejected alone.</summary>
    /// <exception cref="RequestException">400 for a body that is none, 501 for one of a later version than this.</exception>
    public static IReadOnlyList<ReadItem> Read(ReadOnlySpan<byte> body)
    {
        var faults = new Faults();
        var request = new RelayRequest();
        JsonFields.ReadBody(body, faults, (ref reader) => request.Read(ref reader, faults), Depth);
        request.Check(faults);
        var items = new List<ReadItem>(request.places.Count);
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
        if (faults.None && format > RelayFormat.Version)
        {
            throw new RequestException(
                StatusCodes.Status501NotImplemented, $"This home reads relays of format {RelayFormat.Version}, and this one has {format}; bring the home to the version of the edge");
        }

        if (faults.None && format is not RelayFormat.Version)
        {
            faults.Add($"format must be {RelayFormat.Version}");
        }

        if (places.Count > RelayFormat.MaxItems)
        {
            faults.Add($"items may hold {RelayFormat.MaxItems} items at the most");
        }

        if (!faults.None)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
        }
    }
}
