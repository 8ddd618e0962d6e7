using System.Text.Json;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Where a value stands in a JSON text.</summary>
/// <param name="Key">Where its key begins; its own beginning for what has no key.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it has ended.</param>
internal readonly record struct JsonSpan(int Key, int Start, int End)
{
    public bool IsMember => Key < Start;

    /// <summary>Every value, the outermost last; of a text that is no JSON, those that were whole before the break.</summary>
    public static List<JsonSpan> Of(ReadOnlySpan<byte> json)
    {
        var spans = new List<JsonSpan>();
        try
        {
            Read(json, spans);
        }
        catch (JsonException)
        {
            // A mutation before this one broke it.
        }

        return spans;
    }

    private static void Read(ReadOnlySpan<byte> json, List<JsonSpan> spans)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1_000 });
        var open = new Stack<(int Key, int Start)>();
        var key = -1;
        while (reader.Read())
        {
            var start = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    key = start;
                    continue;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push((key < 0 ? start : key, start));
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    var (outerKey, outerStart) = open.Pop();
                    spans.Add(new JsonSpan(outerKey, outerStart, (int)reader.BytesConsumed));
                    break;
                default:
                    spans.Add(new JsonSpan(key < 0 ? start : key, start, (int)reader.BytesConsumed));
                    break;
            }

            key = -1;
        }
    }
}
