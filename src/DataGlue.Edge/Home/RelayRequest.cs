using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using DataGlue.Edge.Wire.Glue;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Home;

/// <summary>The body of POST /glue/relay: <c>{"format":1,"items":[...]}</c>, with the last tombstone that the edge has. Without items it only asks which database the home is, and
/// for newer tombstones.</summary>
internal static class RelayRequest
{
    // The request of a client stands in an item, in a list, in the body.
    private const int Depth = OutboxItem.Depth + 2;

    /// <summary>Reads the items of a body, in their order; those with faults are rejected alone.</summary>
    /// <param name="latest">The latest time of receipt that is believed.</param>
    /// <exception cref="RequestException">400 for a body that is none, 501 for one of a later version than this.</exception>
    public static RelayBody Read(ReadOnlySpan<byte> body, long latest)
    {
        var faults = new Faults();
        long? format = null, after = null;
        string? last = null;
        var tombstones = new List<List<string>>();
        var places = new List<Range>();
        JsonBody.Read(
            body,
            faults,
            (ref reader) =>
            {
                var fields = new JsonFields("", faults);
                while (fields.Next(ref reader))
                {
                    switch (fields.Name)
                    {
                        case "format": format = JsonFields.ReadInteger(ref reader); break;
                        case "tombstones_after": after = JsonFields.ReadInteger(ref reader); break;
                        case "tombstones_last" when reader.TokenType == JsonTokenType.String: last = JsonText.ReadString(ref reader); break;
                        case "tombstones": fields.ReadItems(ref reader, "tombstones", (ref reader, _) => tombstones.Add(ReadTexts(ref reader))); break;
                        case "items": fields.ReadItems(ref reader, "items", (ref reader, _) => places.Add(JsonFields.PlaceOf(ref reader))); break;
                        default: fields.Skip(ref reader); break;
                    }
                }

                return places;
            },
            Depth);
        if (!tombstones.TrueForAll(Tombstone.AreParts))
        {
            faults.Add("tombstones must be lists of a hash, 0 or 1, and two places of a time and an id each");
        }

        Check(format, places.Count, faults);
        var items = new List<ReadItem>(places.Count);
        foreach (var place in places)
        {
            items.Add(OutboxItem.Read(body[place], latest));
        }

        return new RelayBody(items, after, last, tombstones);
    }

    private static List<string> ReadTexts(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return texts;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                texts.Add(JsonText.ReadString(ref reader));
            }

            reader.Skip();
        }

        return texts;
    }

    private static void Check(long? format, int items, Faults faults)
    {
        if (faults.None && format > RelayFormat.Version)
        {
            throw new RequestException(
                StatusCodes.Status501NotImplemented,
                $"This home reads relays of format {RelayFormat.Version}, and this one has {format}; bring the home to the version of the edge");
        }

        if (faults.None && format is not RelayFormat.Version)
        {
            faults.Add($"format must be {RelayFormat.Version}");
        }

        if (items > RelayFormat.MaxItems)
        {
            faults.Add($"items may hold {RelayFormat.MaxItems} items at the most");
        }

        if (!faults.None)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
        }
    }
}
