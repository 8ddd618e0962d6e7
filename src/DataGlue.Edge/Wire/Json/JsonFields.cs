using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DataGlue.Edge.Intake;

namespace DataGlue.Edge.Wire.Json;

/// <summary>Walks the members of one JSON object. A value that does not fit becomes a fault and the walk goes on, so that a reply names all of them.</summary>
/// <param name="prefix">What stands before a field's name in a fault: empty, or for example <c>data.profile.</c></param>
internal ref struct JsonFields(string prefix, Faults faults)
{
    /// <summary>How far ahead of receipt an instant may lie, in milliseconds.</summary>
    public const long MaxAhead = 24 * 60 * 60 * 1000;

    // Keys of the traits of one write, at all levels; and bytes, as many as a profile shows.
    private const int MaxTraitsKeys = 256;
    private const int MaxTraitsBytes = 65_536;

    // Long enough for nanoseconds and an offset, each character escaped.
    private const int MaxInstantBytes = 240;

    // Stands for a value with a fault: it is there, and is nothing.
    private static readonly Utf8Text Unfit = new([]);

    private KeySet keys;
    private NameBuffer name;
    private int nameLength;
    private List<JsonMember>? others;

    public delegate void ElementReader(ref Utf8JsonReader reader, int index);

    /// <summary>The key on which <see cref="Next"/> has stopped; empty for one that is longer than any known, or not ASCII.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<char> Name => ((ReadOnlySpan<char>)name)[..nameLength];

    /// <summary>The members that <see cref="Keep"/> kept.</summary>
    public readonly IReadOnlyList<JsonMember> Others => others is null ? [] : others;

    // The label of a fault in a part without a name of its own.
    private readonly string Whole => prefix.Length == 0 ? "The body" : prefix.TrimEnd('.');

    /// <summary>Steps to the next key; one that appears twice is a fault, and is passed over with its value. False at the end of the object.</summary>
    public bool Next(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.ReadString(ref reader)) : reader.ValueSpan;
            nameLength = Ascii.ToUtf16(key, name, out var length) == OperationStatus.Done ? length : 0;
            if (keys.Add(key, prefix, faults))
            {
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

    /// <summary>Keeps an unknown member, unless it has a fault.</summary>
    public void Keep(ref Utf8JsonReader reader)
    {
        var before = faults.Count;
        var member = JsonMember.Read(ref reader, Whole, faults);
        if (faults.Count == before)
        {
            (others ??= []).Add(member);
        }
    }

    /// <summary>Reads a text of 1 to <paramref name="most"/> characters.</summary>
    /// <returns>None when absent, null or empty; empty, with a fault, when unfit.</returns>
    public readonly Utf8Text ReadText(ref Utf8JsonReader reader, string name, int most)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return default;
            case JsonTokenType.String:
                return Bounded(TextOf(ref reader, out _), name, most);
            default:
                faults.Add($"{prefix}{name} must be a string of 1 to {most} characters");
                SkipNested(ref reader, name);
                return Unfit;
        }
    }

    /// <summary>Reads an id, which may be a number: it is its decimal text. One that stands for nobody is a fault of a required field, and else absent.</summary>
    /// <returns>As <see cref="ReadText"/>.</returns>
    public readonly Utf8Text ReadId(ref Utf8JsonReader reader, string name, bool isRequired = false, bool trim = false)
    {
        var id = ReadName(ref reader, name, Limits.Id, trim);
        if (!Nobody.Is(id.Span))
        {
            return id;
        }

        if (isRequired)
        {
            faults.Add($"{prefix}{name} '{id}' stands for nobody");
            return Unfit;
        }

        faults.LeaveOut($"{prefix}{name} '{id}' stands for nobody");
        return default;
    }

    /// <summary>Reads an e-mail, trimmed. One that can be nobody's is absent, with a warning.</summary>
    /// <returns>As <see cref="ReadText"/>.</returns>
    public readonly Utf8Text ReadEmail(ref Utf8JsonReader reader, string name)
    {
        var email = ReadName(ref reader, name, Limits.Email, trim: true);
        if (email.Span.IsEmpty || EmailKey.IsEmail(email))
        {
            return email;
        }

        faults.LeaveOut($"{prefix}{name} " + (Nobody.Is(email.Span) ? $"'{email}' stands for nobody" : "must have one @ with something on both sides, and no blank"));
        return default;
    }

    /// <summary>Reads an instant into milliseconds since 1970; <paramref name="received"/>, the time of receipt, is the same.</summary>
    public readonly long? ReadInstant(ref Utf8JsonReader reader, string name, long received)
    {
        reader.Read();
        var instant = double.NaN;
        var isNumber = true;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null or JsonTokenType.String when IsAbsent(ref reader):
                return null;
            case JsonTokenType.Number when reader.TryGetDouble(out var number):
                instant = number;
                break;
            case JsonTokenType.String when reader.ValueSpan.Length <= MaxInstantBytes:
                (instant, isNumber) = InstantOf(JsonText.ReadString(ref reader).Trim());
                break;
        }

        if (isNumber && instant is >= 0 and < Instants.LeastNumber)
        {
            faults.Add($"{prefix}{name} is a number below 100,000,000,000: is it in seconds? It must be in milliseconds since 1970");
        }
        else if (instant >= 0 && instant <= received + MaxAhead)
        {
            return (long)instant;
        }
        else
        {
            faults.Add($"{prefix}{name} must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now");
        }

        SkipNested(ref reader, name);
        return null;
    }

    /// <summary>Reads true or false; null is false.</summary>
    public readonly bool ReadFlag(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
        {
            faults.Add($"{prefix}{name} must be true or false");
            SkipNested(ref reader, name);
        }

        return reader.TokenType == JsonTokenType.True;
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

    /// <summary>Reads an object as it is; none when it is absent, or has a fault.</summary>
    public readonly JsonText? ReadObject(ref Utf8JsonReader reader, string name)
    {
        var before = faults.Count;
        JsonText? value = EnterObject(ref reader, name) ? JsonText.Read(ref reader, prefix + name, faults) : null;
        return faults.Count == before ? value : null;
    }

    /// <summary>Reads traits: an object with a bounded number of keys and bytes.</summary>
    public readonly JsonText? ReadTraits(ref Utf8JsonReader reader, string name)
    {
        var traits = ReadObject(ref reader, name);
        return CheckTraits(prefix + name, traits?.Keys ?? 0, traits?.Utf8.Length ?? 0, faults) ? traits : null;
    }

    /// <summary>Whether the traits of one write are as few and small as they must be; it is a fault if they are not.</summary>
    public static bool CheckTraits(string label, int keys, int bytes, Faults faults)
    {
        if (keys > MaxTraitsKeys)
        {
            faults.Add($"{label} must have at most {MaxTraitsKeys} keys");
        }

        if (bytes > MaxTraitsBytes)
        {
            faults.Add($"{label} must have at most {MaxTraitsBytes} bytes");
        }

        return keys <= MaxTraitsKeys && bytes <= MaxTraitsBytes;
    }

    /// <summary>Steps onto the start of an object. False when it is absent, or, with a fault, something else.</summary>
    public readonly bool EnterObject(ref Utf8JsonReader reader, string name) => Enter(ref reader, name, JsonTokenType.StartObject, "an object");

    /// <summary>Steps onto the start of an array. False when it is absent, or, with a fault, something else.</summary>
    public readonly bool EnterArray(ref Utf8JsonReader reader, string name) => Enter(ref reader, name, JsonTokenType.StartArray, "an array");

    /// <summary>Whether the value at which the reader stands is none: null, or the empty text, which clients send for a field that they have not.</summary>
    public static bool IsAbsent(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null || (reader.TokenType == JsonTokenType.String && reader.ValueSpan.IsEmpty);

    /// <summary>Passes over the value at which the reader stands. Returns where in the body it is.</summary>
    public static Range PlaceOf(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private readonly bool Enter(ref Utf8JsonReader reader, string name, JsonTokenType start, string what)
    {
        reader.Read();
        if (reader.TokenType != start && !IsAbsent(ref reader))
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

    // Reads a text that names somebody or something: of so many characters, none of which is a control character.
    private readonly Utf8Text ReadName(ref Utf8JsonReader reader, string name, int most, bool trim)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return default;
            case JsonTokenType.String:
                var text = TextOf(ref reader, out var isDamaged);
                text = Bounded(trim || IsBlank(text) ? Trimmed(text) : text, name, most);
                if (!isDamaged && !HasControlCharacter(text))
                {
                    return text;
                }

                faults.Add($"{prefix}{name} must not hold a control character or half of a surrogate pair");
                return Unfit;
            case JsonTokenType.Number:
                var number = Utf8Text.From(JsonNumber.Text(reader.ValueSpan, most));
                return number.IsPresent ? number : TooLong(name, most);
            default:
                faults.Add($"{prefix}{name} must be a string of 1 to {most} characters, or a number");
                SkipNested(ref reader, name);
                return Unfit;
        }
    }

    private readonly Utf8Text Bounded(Utf8Text text, string name, int most) => text.Span.IsEmpty ? default : text.IsLongerThan(most) ? TooLong(name, most) : text;

    private readonly Utf8Text TooLong(string name, int most)
    {
        faults.Add($"{prefix}{name} must be 1 to {most} characters long");
        return Unfit;
    }

    // Text without escapes is copied as it is: the body is valid UTF-8.
    private static Utf8Text TextOf(ref Utf8JsonReader reader, out bool isDamaged)
    {
        isDamaged = false;
        return reader.ValueIsEscaped ? Utf8Text.From(JsonText.ReadString(ref reader, out isDamaged)) : new Utf8Text(reader.ValueSpan.ToArray());
    }

    private static bool IsBlank(Utf8Text text) => text.Span is [<= (byte)' ', ..] && text.ToString().AsSpan().IsWhiteSpace();

    private static Utf8Text Trimmed(Utf8Text text) =>
        text.Span is [> (byte)' ' and < 0x7F, ..] and [.., > (byte)' ' and < 0x7F] ? text : Utf8Text.From(text.ToString().Trim());

    // JSON allows some without an escape: DEL, and those of Latin-1.
    private static bool HasControlCharacter(Utf8Text text) => text.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~') && text.ToString().Any(char.IsControl);

    private static (double Instant, bool IsNumber) InstantOf(string text) =>
        text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9') ? (double.Parse(text, CultureInfo.InvariantCulture), true)
        : (Instants.TryParse(text, out var instant) ? instant : double.NaN, false);

    [InlineArray(Length)]
    private struct NameBuffer
    {
        private const int Length = 32;

        private char first;
    }
}
