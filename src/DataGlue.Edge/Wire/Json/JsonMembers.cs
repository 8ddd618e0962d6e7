namespace DataGlue.Edge.Wire.Json;

/// <summary>Walks the members of an object that was read and checked before.</summary>
internal static class JsonMembers
{
    /// <summary>Goes on to the value of the next member, from the start of the object or the end of a value; false at its end. What is no object has none.</summary>
    /// <param name="isFirst">True at the start; becomes false.</param>
    public static bool Next(ref Utf8JsonReader reader, ref bool isFirst, out string name)
    {
        name = "";
        if (isFirst && reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        if (!isFirst)
        {
            reader.Skip();
        }

        isFirst = false;
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            return false;
        }

        name = JsonText.ReadString(ref reader);
        return reader.Read();
    }

    /// <summary>A text or a number, as text; null of anything else.</summary>
    public static string? Scalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => JsonText.ReadString(ref reader),
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => null,
    };
}
