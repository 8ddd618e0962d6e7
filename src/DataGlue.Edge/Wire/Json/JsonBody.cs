using System.Text.Unicode;

namespace DataGlue.Edge.Wire.Json;

/// <summary>A whole body, which is to be one JSON object.</summary>
internal static class JsonBody
{
    /// <summary>How deep a body may nest.</summary>
    public const int MaxDepth = 64;

    public delegate T ObjectReader<out T>(ref Utf8JsonReader reader);

    /// <summary>A body without the byte order mark that some clients put before it.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;

    /// <summary>Reads a whole body that is one JSON object. Null, and a fault, when it is not.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> body, Faults faults, ObjectReader<T> read, int depth = MaxDepth)
        where T : class
    {
        if (!Utf8.IsValid(body))
        {
            faults.Add("The body is not valid UTF-8");
            return null;
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = depth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                faults.Add(reader.TokenType switch
                {
                    JsonTokenType.StartArray => """The body must be a JSON object; POST /glue/batch takes several at once, as {"batch": [...]}""",
                    JsonTokenType.String => "The body must be a JSON object, and is a string; it may have been made JSON twice",
                    _ => "The body must be a JSON object",
                });
                return null;
            }

            var value = read(ref reader);
            return reader.Read() ? null : value;
        }
        catch (JsonException exception)
        {
            // Where the JSON breaks matters more than the faults before it.
            faults.Clear();
            var problem = IsDeeperThan(depth, body) ? $"nested deeper than {depth} levels" : "not valid JSON";
            faults.Add(body.IsEmpty
                ? "The body is empty; it must be a JSON object"
                : $"The body is {problem}, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
            return null;
        }
    }

    // Whether nesting is what breaks a body, and not the JSON before.
    private static bool IsDeeperThan(int depth, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = depth + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == depth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // It breaks before.
        }

        return false;
    }
}
