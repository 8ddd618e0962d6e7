using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataGlue.Edge.Wire.Json;

/// <summary>A JSON value from a body: without white space and needless escapes, with a hash of its meaning.</summary>
/// <param name="Hash">The same for two values that differ only in key order, white space, escapes or the spelling of numbers; stable for ever, since it is stored.</param>
/// <param name="Keys">How many keys it has, at all levels.</param>
internal readonly record struct JsonText(byte[] Utf8, ulong Hash, int Keys)
{
    public static JsonText EmptyObject { get; } = new("{}"u8.ToArray(), Combine(0, 0, '{'), 0);

    public bool IsEmptyObject => Utf8.AsSpan().SequenceEqual("{}"u8);
    public bool IsNull => Utf8.AsSpan().SequenceEqual("null"u8);
    public Utf8Text Text => new(Utf8);
    public override string ToString() => Text.ToString();

    /// <summary>Reads a value to its last token. What the database cannot keep (a NUL, half a surrogate pair, a number beyond a double) is a fault, and so
    /// is a key that stands twice.</summary>
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
        var reader = new Utf8JsonReader(text.Span, new JsonReaderOptions { MaxDepth = JsonFields.MaxDepth });
        reader.Read();
        return Read(ref reader, "", new Faults());
    }

    /// <summary>Reads the string or key at which <paramref name="reader"/> stands, unescaped. Null, and a fault, for what cannot be stored.</summary>
    public static string? ReadString(ref Utf8JsonReader reader, string label, Faults faults)
    {
        try
        {
            if (reader.GetString() is var text && !text!.Contains('\0', StringComparison.Ordinal))
            {
                return text;
            }

            faults.Add($"{label} holds a NUL character");
        }
        catch (InvalidOperationException)
        {
            faults.Add($"{label} holds half of a surrogate pair");
        }

        return null;
    }

    /// <summary>A hash of several hashes, in their order.</summary>
    public static ulong Combine(params ReadOnlySpan<ulong> hashes) => HashOf(MemoryMarshal.AsBytes(hashes));

    /// <summary>0 for no text.</summary>
    public static ulong HashOf(Utf8Text text) => text.IsPresent ? HashOf(text.Span) : 0;
    public static ulong HashOf(string text) => HashOf(Encoding.UTF8.GetBytes(text));
    private static ulong HashOf(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    private ref struct Copier(ArrayBufferWriter<byte> output, string label, Faults faults)
    {
        private const double ExactIntegers = 9_007_199_254_740_992;

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

            var key = ReadString(ref reader, label, faults) ?? "";
            keys.Add(Encoding.UTF8.GetBytes(key), label, faults);
            return WriteEscaped(key);
        }

        private readonly ulong CopyString(ref Utf8JsonReader reader)
        {
            if (reader.ValueIsEscaped)
            {
                return WriteEscaped(ReadString(ref reader, label, faults) ?? "");
            }

            WriteQuoted(reader.ValueSpan);
            return HashOf(reader.ValueSpan) ^ '"';
        }

        private readonly ulong WriteEscaped(string text)
        {
            WriteQuoted(JsonEncodedText.Encode(text, ServerJson.Encoder).EncodedUtf8Bytes);
            return HashOf(text) ^ '"';
        }

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
                return Combine((ulong)integer, '#');
            }

            if (!reader.TryGetDouble(out var number) || !double.IsFinite(number))
            {
                faults.Add($"{label} holds a number that is too large");
                return 0;
            }

            // The spelling does not count: 1.0 is 1, and 9.90 is 9.9.
            var isInteger = Math.Truncate(number) == number && Math.Abs(number) < ExactIntegers;
            return Combine(isInteger ? (ulong)(long)number : BitConverter.DoubleToUInt64Bits(number), '#');
        }

        private readonly void Separate(ulong before) => output.Write(before > 0 ? ","u8 : []);
    }
}
