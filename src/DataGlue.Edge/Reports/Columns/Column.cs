using System.Buffers.Binary;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>A column of numbers, each found by its place: as the distance to the least in as few bytes as the greatest needs, or where few values differ, as the place in a list of them.</summary>
internal readonly struct Column
{
    private const int WordSize = 8;

    private readonly byte[] bytes;
    private readonly int start;
    private readonly int width;
    private readonly ulong mask;
    private readonly long least;
    private readonly long[]? list;

    private Column(byte[] bytes, int start, int width, long least, long[]? list)
    {
        (this.bytes, this.start, this.width, this.least, this.list) = (bytes, start, width, least, list);
        mask = width == WordSize ? ulong.MaxValue : (1UL << (8 * width)) - 1;
    }

    public long this[int place]
    {
        get
        {
            // A whole word is read, also behind the last: the end of a chunk has room for it.
            var value = width == 0 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(start + (place * width))) & mask;
            return list is null ? unchecked(least + (long)value) : list[(int)value];
        }
    }

    /// <summary>Whether all values are 0.</summary>
    public bool IsEmpty => width == 0 && list is null && least == 0;

    public static void Write(BinaryWriter output, IReadOnlyList<long> values)
    {
        var (least, greatest) = (values.Min(), values.Max());
        var width = WidthOf(unchecked((ulong)(greatest - least)));
        var list = width > 2 ? values.Distinct().Order().ToArray() : [];
        var listWidth = WidthOf((ulong)Math.Max(list.Length - 1, 0));
        if (width <= 2 || (list.Length * WordSize) + (values.Count * listWidth) >= values.Count * width)
        {
            output.Write((byte)width);
            output.Write(0);
            output.Write(least);
            WriteWords(output, values.Select(value => unchecked((ulong)(value - least))), width);
            return;
        }

        output.Write((byte)listWidth);
        output.Write(list.Length);
        output.Write(least);
        Array.ForEach(list, output.Write);
        WriteWords(output, values.Select(value => (ulong)Array.BinarySearch(list, value)), listWidth);
    }

    /// <summary>Reads a column of so many values, and goes behind it.</summary>
    public static Column Read(byte[] bytes, BinaryReader input, int count)
    {
        int width = input.ReadByte();
        var listed = input.ReadInt32();
        var least = input.ReadInt64();
        var list = listed == 0 ? null : new long[listed];
        for (var i = 0; i < listed; i++)
        {
            list![i] = input.ReadInt64();
        }

        var start = (int)input.BaseStream.Position;
        input.BaseStream.Position += (long)count * width;
        return new Column(bytes, start, width, least, list);
    }

    private static void WriteWords(BinaryWriter output, IEnumerable<ulong> values, int width)
    {
        Span<byte> word = stackalloc byte[WordSize];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            output.Write(word[..width]);
        }
    }

    private static int WidthOf(ulong greatest) => (64 - System.Numerics.BitOperations.LeadingZeroCount(greatest) + 7) / 8;
}
