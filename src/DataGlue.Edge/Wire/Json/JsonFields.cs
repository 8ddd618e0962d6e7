using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace DataGlue.Edge.Wire.Json;

/// <summary>Walks the members of one JSON object. A value that does not fit becomes a fault and the walk goes on, so that a reply names all of them.</summary>
/// <param name="prefix">What stands before a field's name in a fault: empty, or for example <c>data.profile.</c></param>
internal ref struct JsonFields(string prefix, Faults faults)
{
    /// <summary>How deep a body may nest.</summary>
    public const int MaxDepth = 64;

    /// <summary>How far ahead of receipt an instant may lie, in milliseconds.</summary>
    public const long MaxAhead = 24 * 60 * 60 * 1000;

    // Keys of one patch of traits, at all levels, since SQLite's json_patch looks for each key from the start; and bytes, as many as traits may have at all.
    private const int MaxPatchKeys = 256;
    private const int MaxPatchBytes = 65_536;

    // Long enough for nanoseconds and an offset, each character escaped.
    private const int MaxInstantBytes = 240;
    private KeySet keys;
    private NameBuffer name;
    private int nameLength;
    private List<JsonMember>? others;

    public delegate T ObjectReader<out T>(ref Utf8JsonReader reader);

    public delegate void ElementReader(ref Utf8JsonReader reader, int index);

    /// <summary>The key on which <see cref="Next"/> has stopped; empty for one that is longer than any known, or not ASCII.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<char> Name => ((ReadOnlySpan<char>)name)[..nameLength];

    /// <summary>The members that <see cref="Keep"/> kept.</summary>
    public readonly IReadOnlyList<JsonMember> Others => others is null ? [] : others;

    // The label of a fault in a part without a name of its own.
    private readonly string Whole => prefix.Length == 0 ? "The body" : prefix.TrimEnd('.');

    /// <summary>A body without the byte order mark that some clients put before it.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;

    /// <summary>Reads a whole body that is one JSON object. Null, and a fault, when it is not.</summary>
    public static T? ReadBody<T>(ReadOnlySpan<byte> body, Faults faults, ObjectReader<T> read, int depth = MaxDepth)
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
                faults.Add("The body must be a JSON object");
                return null;
            }

            var value = read(ref reader);
            return reader.Read() ? null : value;
        }
        catch (JsonException exception)
        {
            // Where the JSON breaks matters more than the faults before it.
            faults.Clear();
            faults.Add(body.IsEmpty
                ? "The body is empty; it must be a JSON object"
                : $"The body is not valid JSON, or nested deeper than {depth} levels, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
            return null;
        }
    }

    /// <summary>Steps to the next key; one that cannot be stored is a fault and is passed over with its value. False at the end of the object.</summary>
    public bool Next(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (!reader.ValueIsEscaped)
            {
                Note(reader.ValueSpan);
                return true;
            }

            if (JsonText.ReadString(ref reader, Whole, faults) is { } key)
            {
                Note(Encoding.UTF8.GetBytes(key));
                return true;
            }

            Skip(ref reader);
        }

        return false;
    }

    /// <summary>Reads past a value; what is wrong inside it is a fault nevertheless.</summary>
    public readonly void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        JsonText.Read(ref reader, Whole, faults);
    }

    /// <summary>Keeps an unknown member.</summary>
    public void Keep(ref Utf8JsonReader reader) => (others ??= []).Add(JsonMember.Read(ref reader, Whole, faults));

    /// <summary>Reads a text of 1 to <paramref name="most"/> characters.</summary>
    /// <returns>None when absent (JSON null or, for a required field, the empty text); empty, with a fault, when unusable.</returns>
    public readonly Utf8Text ReadText(ref Utf8JsonReader reader, string name, int most, bool trim = false, bool required = false)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            faults.Add($"{prefix}{name} must be a string of 1 to {most} characters");
            SkipNested(ref reader, name);
            return new Utf8Text([]);
        }

        var text = ReadString(ref reader, name, trim);
        if (required && text is { IsPresent: true, Span.IsEmpty: true })
        {
            return default;
        }

        if (text.IsPresent && (text.Span.IsEmpty || LongerThan(text, most)))
        {
            faults.Add($"{prefix}{name} must be 1 to {most} characters long");
        }

        return text.Or(new Utf8Text([]));
    }

    /// <summary>Reads an instant into milliseconds since 1970; <paramref name="received"/>, the time of receipt, is the same.</summary>
    public readonly long? ReadInstant(ref Utf8JsonReader reader, string name, long received)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number when reader.TryGetDouble(out var number) && number >= 0 && number <= received + MaxAhead:
                return (long)number;
            case JsonTokenType.String when reader.ValueSpan.Length <= MaxInstantBytes && JsonText.ReadString(ref reader, prefix + name, faults) is { } text
                && Instants.TryParse(text, out var instant) && instant >= 0 && instant <= received + MaxAhead:
                return instant;
            default:
                faults.Add($"{prefix}{name} must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now");
                SkipNested(ref reader, name);
                return null;
        }
    }

    /// <summary>Reads a whole number; null for anything else.</summary>
    public static long? ReadInteger(ref Utf8JsonReader reader)
    {
        reader.Read();
        long? value = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : null;
        reader.Skip();
        return value;
    }

    /// <summary>Reads the items of an array; beyond <paramref name="most"/> they are skipped, which is a fault.</summary>
    /// <param name="another">Where the rest belongs: <c>another sync</c>.</param>
    public readonly void ReadItems(ref Utf8JsonReader reader, string name, ElementReader read, int most = int.MaxValue, string another = "")
    {
        if (!EnterArray(ref reader, name))
        {
            return;
        }

        var count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count < most)
            {
                read(ref reader, count);
            }
            else
            {
                reader.Skip();
            }
        }

        if (count > most)
        {
            faults.Add($"{prefix}{name} holds {count} items and may hold {most}; send the rest in {another}");
        }
    }

    /// <summary>Reads an object as it is; null counts as absent.</summary>
    public readonly JsonText? ReadObject(ref Utf8JsonReader reader, string name) =>
        EnterObject(ref reader, name) ? JsonText.Read(ref reader, prefix + name, faults) : null;

    /// <summary>Reads a merge patch: an object with a bounded number of keys and bytes.</summary>
    public readonly JsonText? ReadPatch(ref Utf8JsonReader reader, string name)
    {
        var patch = ReadObject(ref reader, name);
        CheckPatch(prefix + name, patch?.Keys ?? 0, patch?.Utf8.Length ?? 0, faults);
        return patch;
    }

    public static void CheckPatch(string label, int keys, int bytes, Faults faults)
    {
        if (keys > MaxPatchKeys)
        {
            faults.Add($"{label} may have {MaxPatchKeys} keys at the most");
        }

        if (bytes > MaxPatchBytes)
        {
            faults.Add($"{label} may have {MaxPatchBytes} bytes at the most");
        }
    }

    /// <summary>Steps onto the start of an object. False when the value is null, or, with a fault, something else.</summary>
    public readonly bool EnterObject(ref Utf8JsonReader reader, string name) => Enter(ref reader, name, JsonTokenType.StartObject, "an object");

    /// <summary>Steps onto the start of an array. False when the value is null, or, with a fault, something else.</summary>
    public readonly bool EnterArray(ref Utf8JsonReader reader, string name) => Enter(ref reader, name, JsonTokenType.StartArray, "an array");

    /// <summary>Passes over the value at which the reader stands. Returns where in the body it is.</summary>
    public static Range PlaceOf(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private void Note(ReadOnlySpan<byte> key)
    {
        keys.Add(key, prefix, faults);
        nameLength = Ascii.ToUtf16(key, name, out var length) == OperationStatus.Done ? length : 0;
    }

    private readonly bool Enter(ref Utf8JsonReader reader, string name, JsonTokenType start, string what)
    {
        reader.Read();
        if (reader.TokenType != start && reader.TokenType != JsonTokenType.Null)
        {
            faults.Add($"{prefix}{name} must be {what}");
            SkipNested(ref reader, name);
            return false;
        }

        return reader.TokenType == start;
    }

    private readonly void SkipNested(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            JsonText.Read(ref reader, prefix + name, faults);
        }
    }

    // Text without escapes is copied as it is: the body is valid UTF-8, and JSON allows no control character in it.
    private readonly Utf8Text ReadString(ref Utf8JsonReader reader, string name, bool trim)
    {
        if (!reader.ValueIsEscaped && !trim)
        {
            return new Utf8Text(reader.ValueSpan.ToArray());
        }

        var text = JsonText.ReadString(ref reader, prefix + name, faults);
        return Utf8Text.From(trim ? text?.Trim() : text);
    }

    /// <summary>Whether a text has more characters than that: Unicode code points, as in PostgreSQL's VARCHAR(255) and SQLite's length().</summary>
    public static bool LongerThan(Utf8Text text, int most)
    {
        // Every byte that does not continue a character begins one.
        var characters = 0;
        foreach (var value in text.Span.Length > most ? text.Span : [])
        {
            characters += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return characters > most;
    }

    [InlineArray(Length)]
    private struct NameBuffer
    {
        private const int Length = 32;

        private char first;
    }
}
