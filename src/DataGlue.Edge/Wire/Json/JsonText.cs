using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataGlue.Edge.Wire.Json;

/// <summary>A JSON value from a body: without white space and needless escapes, with a hash of its meaning.</summary>
/// <param name="Hash">The same for two values that differ only in key order, white space, escapes or the spelling of numbers; stable for ever, since it is stored.</param>
/// <param name="Keys">How many keys it has, at all levels.</param>
internal readonly record struct JsonText(byte[] Utf8, ulong Hash, int Keys)
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(value => (byte)value), (byte)'"', (byte)'\\']);

    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    public static JsonText EmptyObject { get; } = new("{}"u8.ToArray(), Combine(0, 0, '{'), 0);

    public bool IsEmptyObject => Utf8.AsSpan().SequenceEqual("{}"u8);
    public bool IsNull => Utf8.AsSpan().SequenceEqual("null"u8);
    public Utf8Text Text => new(Utf8);
    public override string ToString() => Text.ToString();

    /// <summary>Reads a value to its last token. A number beyond a double is a fault, and so is a key that appears twice.</summary>
    public static JsonText Read(ref Utf8JsonReader reader, string label, Faults faults)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var copier = new Copier(output, label, faults);
        var hash = copier.Copy(ref reader);
        return new JsonText(output.WrittenSpan.ToArray(), hash, copier.Keys);
    }

    /// <summary>Reads JSON text that was read before.</summary>
    public static JsonText Parse(Utf8Text text)
    {
        var reader = new Utf8JsonReader(text.Span, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
        reader.Read();
        return Read(ref reader, "", new Faults());
    }

    /// <summary>Reads the string or key at which <paramref name="reader"/> stands, unescaped. What no text can hold becomes U+FFFD.</summary>
    public static string ReadString(ref Utf8JsonReader reader) => ReadString(ref reader, out _);

    /// <param name="isDamaged">Whether it held a NUL, which ends a text in SQLite, or half of a surrogate pair, which clients make when they cut a text.</param>
    public static string ReadString(ref Utf8JsonReader reader, out bool isDamaged)
    {
        if (!reader.ValueIsEscaped)
        {
            isDamaged = false;
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }

        var text = Unescape(reader.ValueSpan);
        isDamaged = Mend(text);
        return new string(text);
    }

    /// <summary>A hash of several hashes, in their order.</summary>
    public static ulong Combine(params ReadOnlySpan<ulong> hashes) => HashOf(MemoryMarshal.AsBytes(hashes));

    /// <summary>0 for no text.</summary>
    public static ulong HashOf(Utf8Text text) => text.IsPresent ? HashOf(text.Span) : 0;
    public static ulong HashOf(string text) => HashOf(Encoding.UTF8.GetBytes(text));
    public static ulong HashOf(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    // Not as Utf8JsonReader does it: half of a surrogate pair is an exception there. The reader has seen that the escapes are right.
    private static Span<char> Unescape(ReadOnlySpan<byte> escaped)
    {
        Span<char> text = new char[escaped.Length];
        var length = 0;
        while (true)
        {
            var plain = escaped.IndexOf((byte)'\\');
            length += Encoding.UTF8.GetChars(plain < 0 ? escaped : escaped[..plain], text[length..]);
            if (plain < 0)
            {
                return text[..length];
            }

            var letter = escaped[plain + 1];
            escaped = escaped[(plain + 2)..];
            text[length++] = letter switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                (byte)'u' => (char)ushort.Parse(escaped[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                _ => (char)letter,
            };
            escaped = letter == 'u' ? escaped[4..] : escaped;
        }
    }

    private static bool Mend(Span<char> text)
    {
        var isDamaged = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (text[i] == '\0' || char.IsSurrogate(text[i]))
            {
                text[i] = '\uFFFD';
                isDamaged = true;
            }
        }

        return isDamaged;
    }

    private ref struct Copier(ArrayBufferWriter<byte> output, string label, Faults faults)
    {
        public int Keys { get; private set; }

        public ulong Copy(ref Utf8JsonReader reader) => reader.TokenType switch
        {
            JsonTokenType.StartObject => CopyObject(ref reader),
            JsonTokenType.StartArray => CopyArray(ref reader),
            JsonTokenType.String => CopyString(ref reader),
            JsonTokenType.Number => CopyNumber(ref reader),
            _ => CopyLiteral(ref reader),
        };

        // Members are summed, so that their order does not matter.
        private ulong CopyObject(ref Utf8JsonReader reader)
        {
            var keys = default(KeySet);
            var (sum, count) = (0UL, 0UL);
            output.Write("{"u8);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                Separate(count++);
                var key = CopyKey(ref reader, ref keys);
                output.Write(":"u8);
                reader.Read();
                sum += Combine(key, Copy(ref reader));
            }

            output.Write("}"u8);
            return Combine(sum, count, '{');
        }

        private ulong CopyArray(ref Utf8JsonReader reader)
        {
            ulong hash = '[';
            ulong count = 0;
            output.Write("["u8);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Separate(count++);
                hash = Combine(hash, Copy(ref reader));
            }

            output.Write("]"u8);
            return hash;
        }

        private ulong CopyKey(ref Utf8JsonReader reader, ref KeySet keys)
        {
            Keys++;
            if (!reader.ValueIsEscaped)
            {
                keys.Add(reader.ValueSpan, label, faults);
                return CopyString(ref reader);
            }

            var key = ReadString(ref reader);
            keys.Add(Encoding.UTF8.GetBytes(key), label, faults);
            return WriteEscaped(key);
        }

        private readonly ulong CopyString(ref Utf8JsonReader reader)
        {
            if (reader.ValueIsEscaped)
            {
                return WriteEscaped(ReadString(ref reader));
            }

            WriteQuoted(reader.ValueSpan);
            return HashOf(reader.ValueSpan) ^ '"';
        }

        // With the escapes of SQLite's JSON functions, so that a text which these write is the same.
        private readonly ulong WriteEscaped(string text)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            output.Write("\""u8);
            ReadOnlySpan<byte> rest = utf8;
            for (var end = rest.IndexOfAny(Escaped); end >= 0; end = rest.IndexOfAny(Escaped))
            {
                output.Write(rest[..end]);
                WriteEscape(rest[end]);
                rest = rest[(end + 1)..];
            }

            output.Write(rest);
            output.Write("\""u8);
            return HashOf(utf8) ^ '"';
        }

        private readonly void WriteEscape(byte value) => output.Write(value switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\b' => "\\b"u8,
            (byte)'\t' => "\\t"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\f' => "\\f"u8,
            (byte)'\r' => "\\r"u8,
            _ => [.. "\\u00"u8, HexDigits[value >> 4], HexDigits[value & 0xF]],
        });

        private readonly void WriteQuoted(ReadOnlySpan<byte> text)
        {
            output.Write("\""u8);
            output.Write(text);
            output.Write("\""u8);
        }

        private readonly ulong CopyLiteral(ref Utf8JsonReader reader)
        {
            output.Write(reader.ValueSpan);
            return HashOf(reader.ValueSpan);
        }

        private readonly ulong CopyNumber(ref Utf8JsonReader reader)
        {
            output.Write(reader.ValueSpan);
            if (reader.TryGetInt64(out var integer))
            {
                return JsonNumber.Hash(integer);
            }

            if (!reader.TryGetDouble(out var number) || !double.IsFinite(number))
            {
                faults.Add($"{label} holds a number that is too large");
                return 0;
            }

            return JsonNumber.Hash(reader.ValueSpan);
        }

        private readonly void Separate(ulong before) => output.Write(before > 0 ? ","u8 : []);
    }
}
