using System.Buffers;

namespace DataGlue.Edge.Wire.Json;

/// <summary>Walks the members of an object that was read and checked before, as far as their names are ones that somebody asks for.</summary>
internal static class JsonMembers
{
    /// <summary>Room for a name.</summary>
    public const int MaxName = 32;

    /// <summary>Goes on to the value of the next member, from the start of the object or the end of a value; false at its end. What is no object has none.</summary>
    /// <param name="isFirst">True at the start; becomes false.</param>
    /// <param name="buffer">Of <see cref="MaxName"/> characters; gets the name.</param>
    /// <param name="length">Of the name; 0 for one that is longer, or not ASCII.</param>
    public static bool Next(ref Utf8JsonReader reader, ref bool isFirst, scoped Span<char> buffer, out int length)
    {
        length = 0;
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

        var key = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.ReadString(ref reader)) : reader.ValueSpan;
        length = Ascii.ToUtf16(key, buffer, out var written) == OperationStatus.Done ? written : 0;
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
