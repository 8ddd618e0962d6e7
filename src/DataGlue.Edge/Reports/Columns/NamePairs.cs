using System.Buffers.Binary;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Names with the browsers that they are named on, 16 bytes each.</summary>
internal static class NamePairs
{
    private const int Size = 2 * sizeof(ulong);

    /// <summary>Encodes each pair once; null where there is none.</summary>
    public static byte[]? Encode(IEnumerable<(ulong Name, ulong Browser)> pairs)
    {
        var distinct = pairs.Distinct().Order().ToList();
        if (distinct.Count == 0)
        {
            return null;
        }

        var bytes = new byte[distinct.Count * Size];
        for (var i = 0; i < distinct.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * Size), distinct[i].Name);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * Size) + sizeof(ulong)), distinct[i].Browser);
        }

        return bytes;
    }

    public static IEnumerable<(ulong Name, ulong Browser)> Decode(byte[] bytes)
    {
        for (var at = 0; at + Size <= bytes.Length; at += Size)
        {
            yield return (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + sizeof(ulong))));
        }
    }
}
