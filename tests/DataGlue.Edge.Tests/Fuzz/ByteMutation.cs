using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>A change of bytes that knows nothing of what they mean.</summary>
internal sealed record ByteMutation(ByteMutation.Kind What, uint From, uint To, byte[] Piece)
{
    private const int LongestSlice = 48;

    private static readonly byte[][] Pieces =
    [
        [0], [0xFF], [0x7F], [0x80], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF],
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "\r\n\r\n"u8.ToArray(), " "u8.ToArray(), "\t"u8.ToArray(), "\""u8.ToArray(),
        "\\"u8.ToArray(), "\\u"u8.ToArray(), "\\ud800"u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(),
        ","u8.ToArray(), ":"u8.ToArray(), "%"u8.ToArray(), "%00"u8.ToArray(), "/"u8.ToArray(), "9999999999"u8.ToArray(), "-"u8.ToArray(),
    ];

    public enum Kind
    {
        FlipBit,
        Overwrite,
        Insert,
        Truncate,
        Remove,
        Repeat,
        Swap,
    }

    public static Gen<ByteMutation> Any { get; } = Gen.Select(
        Gen.Enum<Kind>(), Choice.Number, Choice.Number,
        Gen.Frequency((3, Gen.OneOf(Pieces)), (1, Gen.Byte.Array[1, 8])),
        (what, from, to, piece) => new ByteMutation(what, from, to, piece));

    public byte[] Apply(byte[] bytes)
    {
        var start = Choice.Index(From, bytes.Length + 1);
        var slice = bytes.AsSpan(start, Choice.Index(To, Math.Min(LongestSlice, bytes.Length - start) + 1));
        return What switch
        {
            Kind.FlipBit => FlipBit(bytes),
            Kind.Overwrite => [.. bytes.AsSpan(0, start), .. Piece, .. bytes.AsSpan(Math.Min(start + Piece.Length, bytes.Length))],
            Kind.Insert => [.. bytes.AsSpan(0, start), .. Piece, .. bytes.AsSpan(start)],
            Kind.Truncate => bytes[..start],
            Kind.Remove => [.. bytes.AsSpan(0, start), .. bytes.AsSpan(start + slice.Length)],
            Kind.Repeat => [.. bytes.AsSpan(0, start), .. slice, .. bytes.AsSpan(start)],
            _ => Swap(bytes),
        };
    }

    private byte[] FlipBit(byte[] bytes)
    {
        var flipped = (byte[])bytes.Clone();
        if (flipped.Length > 0)
        {
            flipped[Choice.Index(From, flipped.Length)] ^= (byte)(1 << Choice.Index(To, 8));
        }

        return flipped;
    }

    // Two neighbouring slices change places.
    private byte[] Swap(byte[] bytes)
    {
        var start = Choice.Index(From, bytes.Length + 1);
        var rest = bytes.AsSpan(start);
        var first = rest[..Choice.Index(To, Math.Min(LongestSlice, rest.Length) + 1)];
        var second = rest[first.Length..];
        second = second[..Math.Min(first.Length, second.Length)];
        return [.. bytes.AsSpan(0, start), .. second, .. first, .. rest[(first.Length + second.Length)..]];
    }
}
