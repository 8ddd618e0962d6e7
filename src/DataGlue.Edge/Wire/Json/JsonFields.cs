using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DataGlue.Edge.Intake;

namespace DataGlue.Edge.Wire.Json;

/// <summary>
/// Walks the members of one JSON object. Each <c>Read</c> takes one value, and a value that does not fit becomes a fault
/// instead of an end, so that one reply names every fault of the body.
/// </summary>
/// <param name="prefix">What stands before a field's name in a fault: empty, or for example <c>data.profile.</c></param>
/// <param name="faults">Where faults go.</param>
internal ref struct JsonFields(string prefix, Faults faults)
{
    /// <summary>How deep a body may nest.</summary>
    public const int MaxDepth = 64;

    /// <summary>How far ahead of receipt an instant may lie, in milliseconds.</summary>
    public const long MaxAhead = 24 * 60 * 60 * 1000;

    private const int MaxQuoted = 60;

    // Long enough for nanoseconds and an offset, each character escaped.
    private const int MaxInstantBytes = 240;

    private KeySet keys;
    private List<JsonMember>? others;

    public delegate T ObjectReader<out T>(ref Utf8JsonReader reader);

    /// <summary>The members that were kept.</summary>
    public readonly IReadOnlyList<JsonMember> Others => others is null ? [] : others;

    /// <summary>A body without the byte order mark that some clients put before it.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;

    /// <summary>Reads a whole body that is one JSON object.</summary>
    /// <returns>Null, and a fault, when the body is not valid JSON or no object.</returns>
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
            // What was found before the break is worth less than the break.
            faults.Clear();
            faults.Add(body.IsEmpty
                ? "The body is empty; it must be a JSON object"
                : $"The body is not valid JSON, or nested deeper than {depth} levels, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
            return null;
        }
    }

    public static string TwiceFault(string label, string key) =>
        string.IsNullOrEmpty(label) ? $"The key '{Quote(key)}' stands twice" : $"{label} has the key '{Quote(key)}' twice";

    /// <summary>Steps to the next key that can be read; one that cannot is a fault and is passed over with its value.</summary>
    /// <returns>False at the end of the object.</returns>
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

    /// <summary>Reads past a value that nobody asked for; what is wrong inside it is a fault nevertheless.</summary>
    public readonly void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        JsonText.Read(ref reader, Whole, faults);
    }

    /// <summary>Keeps a member that nobody here knows.</summary>
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
            return Empty;
        }

        var text = ReadPlain(ref reader, name, trim);
        if (!text.IsPresent)
        {
            return Empty;
        }

        if (text.Span.IsEmpty && required)
        {
            return default;
        }

        if (text.Span.IsEmpty || LongerThan(text, most))
        {
            faults.Add($"{prefix}{name} must be 1 to {most} characters long");
        }

        return text;
    }

    /// <summary>Reads an instant into milliseconds since 1970.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="name">The field, as a fault names it.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    public readonly long? ReadInstant(ref Utf8JsonReader reader, string name, long received)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number when reader.TryGetDouble(out var number) && number >= 0 && number <= received + MaxAhead:
                return (long)number;
            case JsonTokenType.String when TryReadInstant(ref reader, prefix + name, out var instant) && instant >= 0 && instant <= received + MaxAhead:
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

    /// <summary>Passes over the elements of an array, and tells where in the body each stands.</summary>
    public readonly List<Range> ReadPlaces(ref Utf8JsonReader reader, string name)
    {
        var places = new List<Range>();
        if (EnterArray(ref reader, name))
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                places.Add(PlaceOf(ref reader));
            }
        }

        return places;
    }

    /// <summary>Passes over a value, and tells where in the body it stands.</summary>
    public static Range ReadPlace(ref Utf8JsonReader reader)
    {
        reader.Read();
        return PlaceOf(ref reader);
    }

    /// <summary>Reads an object as it is; null counts as absent.</summary>
    public readonly JsonText? ReadObject(ref Utf8JsonReader reader, string name)
    {
        if (!EnterObject(ref reader, name))
        {
            return null;
        }

        return JsonText.Read(ref reader, prefix + name, faults);
    }

    /// <summary>Reads a merge patch: an object with a bounded number of keys.</summary>
    public readonly JsonText? ReadPatch(ref Utf8JsonReader reader, string name)
    {
        var patch = ReadObject(ref reader, name);
        CheckPatch(prefix + name, patch?.Keys ?? 0, patch?.Utf8.Length ?? 0, faults);
        return patch;
    }

    /// <summary>Makes a merge patch with too many keys or bytes a fault.</summary>
    public static void CheckPatch(string label, int keys, int bytes, Faults faults)
    {
        if (keys > Limits.PatchKeys)
        {
            faults.Add($"{label} may have {Limits.PatchKeys} keys at the most");
        }

        if (bytes > Limits.PatchBytes)
        {
            faults.Add($"{label} may have {Limits.PatchBytes} bytes at the most");
        }
    }

    /// <summary>Steps onto the start of an object.</summary>
    /// <returns>False when the value is null, or, with a fault, something else.</returns>
    public readonly bool EnterObject(ref Utf8JsonReader reader, string name) => Enter(ref reader, name, JsonTokenType.StartObject, "an object");

    /// <summary>Steps onto the start of an array.</summary>
    /// <returns>False when the value is null, or, with a fault, something else.</returns>
    public readonly bool EnterArray(ref Utf8JsonReader reader, string name) => Enter(ref reader, name, JsonTokenType.StartArray, "an array");

    private static Range PlaceOf(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private static Utf8Text Empty => new([]);

    private readonly string Label => prefix.TrimEnd('.');

    // What a fault names when it lies in a part that has no name of its own.
    private readonly string Whole => prefix.Length == 0 ? "The body" : Label;

    private void Note(ReadOnlySpan<byte> key)
    {
        if (!keys.Add(key))
        {
            faults.Add(TwiceFault(Label, Encoding.UTF8.GetString(key)));
        }
    }

    private readonly bool Enter(ref Utf8JsonReader reader, string name, JsonTokenType start, string what)
    {
        reader.Read();
        if (reader.TokenType == start)
        {
            return true;
        }

        if (reader.TokenType != JsonTokenType.Null)
        {
            faults.Add($"{prefix}{name} must be {what}");
            SkipNested(ref reader, name);
        }

        return false;
    }

    private readonly void SkipNested(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            JsonText.Read(ref reader, prefix + name, faults);
        }
    }

    // What is not escaped can be taken as it is: the body is valid UTF-8, and JSON allows no control character in it.
    private readonly Utf8Text ReadPlain(ref Utf8JsonReader reader, string name, bool trim) => reader.ValueIsEscaped || trim
        ? Utf8Text.From(Trim(JsonText.ReadString(ref reader, prefix + name, faults), trim))
        : new Utf8Text(reader.ValueSpan.ToArray());

    private static string? Trim(string? text, bool trim) => trim ? text?.Trim() : text;

    private readonly bool TryReadInstant(ref Utf8JsonReader reader, string label, out long instant)
    {
        instant = 0;
        return reader.ValueSpan.Length <= MaxInstantBytes
            && JsonText.ReadString(ref reader, label, faults) is { } text
            && Instants.TryParse(text, out instant);
    }

    /// <summary>Whether a text has more characters than that: Unicode code points, as in PostgreSQL's VARCHAR(255) and SQLite's length().</summary>
    public static bool LongerThan(Utf8Text text, int most) =>
        text.Span.Length > most && CountCharacters(text.Span) > most;

    // Every byte but those that go on with a character begins one.
    private static int CountCharacters(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var value in text)
        {
            count += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    private static string Quote(string text) => text.Length <= MaxQuoted ? text : string.Concat(text.AsSpan(0, MaxQuoted), "...");
}
