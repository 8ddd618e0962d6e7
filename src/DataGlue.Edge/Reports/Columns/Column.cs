using System.Buffers.Binary;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>A column of numbers, each found by its place: as the distance to the least in as few bytes as the greatest needs, or where few values differ, as the place in a list of them.</summary>
internal readonly struct Column
{
    private const int WordSize = 8;

    // A column of few bytes needs no list.
    private const int MostUnlisted = 2;

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

    public static void Write(BinaryWriter output, ReadOnlySpan<long> values)
    {
        var (least, greatest) = (long.MaxValue, long.MinValue);
        foreach (var value in values)
        {
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        }

        var width = WidthOf(unchecked((ulong)(greatest - least)));
        var list = width > MostUnlisted ? Listed(values) : [];
        var listWidth = WidthOf((ulong)Math.Max(list.Length - 1, 0));
        var isListed = width > MostUnlisted && (list.Length * WordSize) + (values.Length * listWidth) < values.Length * width;
        width = isListed ? listWidth : width;
        output.Write((byte)width);
        output.Write(isListed ? list.Length : 0);
        output.Write(least);
        for (var i = 0; isListed && i < list.Length; i++)
        {
            output.Write(list[i]);
        }

        var words = new byte[(values.Length * width) + WordSize];
        for (var i = 0; i < values.Length; i++)
        {
            var word = isListed ? (ulong)Array.BinarySearch(list, values[i]) : unchecked((ulong)(values[i] - least));
            BinaryPrimitives.WriteUInt64LittleEndian(words.AsSpan(i * width), word);
        }

        output.Write(words.AsSpan(0, values.Length * width));
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

    private static long[] Listed(ReadOnlySpan<long> values)
    {
        var sorted = values.ToArray();
        Array.Sort(sorted);
        var count = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i == 0 || sorted[i] != sorted[i - 1])
            {
                sorted[count++] = sorted[i];
            }
        }

        return sorted[..count];
    }

    private static int WidthOf(ulong greatest) => (64 - System.Numerics.BitOperations.LeadingZeroCount(greatest) + 7) / 8;
}
