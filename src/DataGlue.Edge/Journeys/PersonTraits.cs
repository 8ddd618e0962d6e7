using System.Buffers;
using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>The traits of a person, from that time of each browser that is the person's: of each key the newest value, by the limits that a profile has.</summary>
internal sealed class PersonTraits
{
    private const int MaxKeys = 1_000;
    private const int MaxBytes = 65_536;
    private const int BytesOfSigns = 4; // about a key and its value

    private readonly SortedDictionary<string, TraitLogRow> newest = new(EventKey.TextOrder);

    /// <summary>As a JSON object.</summary>
    public static string Of(JourneyReader reader, IReadOnlyList<PersonBrowser> browsers)
    {
        var traits = new PersonTraits();
        reader.EachTraitOf(browsers, traits.Take);
        return traits.Write(reader);
    }

    private void Take(TraitLogRow row)
    {
        if (!newest.TryGetValue(row.Name, out var known) || IsNewer(row, known))
        {
            newest[row.Name] = row;
        }

        if (newest.Count > MaxKeys)
        {
            newest.Remove(newest.Keys.Last());
        }
    }

    private static bool IsNewer(TraitLogRow row, TraitLogRow known) => EventKey.Utf8Order.Compare(row.Key, known.Key) is var byPlace && byPlace != 0
        ? byPlace > 0 : EventKey.CompareUtf8(row.Kind, known.Kind) > 0;

    private string Write(JourneyReader reader)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = ServerJson.Encoder, SkipValidation = true });
        var used = 0L;
        json.WriteStartObject();
        foreach (var (name, row) in newest)
        {
            var cost = Encoding.UTF8.GetByteCount(name) + (row.Size ?? Encoding.UTF8.GetByteCount(row.Value ?? "")) + BytesOfSigns;
            if (row.Value == "null" || used + cost > MaxBytes || (row.Value ?? reader.LongTrait(row)) is not { } value)
            {
                continue;
            }

            used += cost;
            json.WritePropertyName(name);
            json.WriteRawValue(value, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
