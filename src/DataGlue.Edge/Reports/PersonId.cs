using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace DataGlue.Edge.Reports;

/// <summary>The opaque id of a person in reports: the number in letters, which tells neither e-mail nor account.</summary>
internal static class PersonId
{
    public static string Of(Who person)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, person.Number);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The number of the person who has an id; null of what is none.</summary>
    public static ulong? Parse(string id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        return id.Length <= 2 * sizeof(ulong) && Base64Url.DecodeFromChars(id, bytes, out _, out var length) == OperationStatus.Done && length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : null;
    }
}
