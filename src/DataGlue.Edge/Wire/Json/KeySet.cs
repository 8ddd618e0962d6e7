using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace DataGlue.Edge.Wire.Json;

/// <summary>The keys seen so far in one JSON object, by hash: a few in place, many in a set.</summary>
internal struct KeySet
{
    // Not known outside the process, so that nobody can make keys that collide.
    private static readonly long Seed = Unguessable.Number();

    private Few few;
    private int count;
    private HashSet<ulong>? many;

    /// <summary>Adds a key.</summary>
    /// <returns>False when the object had it already.</returns>
    public bool Add(ReadOnlySpan<byte> key)
    {
        var hash = XxHash3.HashToUInt64(key, Seed);
        if (many is not null)
        {
            return many.Add(hash);
        }

        Span<ulong> seen = few;
        if (seen[..count].Contains(hash))
        {
            return false;
        }

        if (count < Few.Length)
        {
            seen[count++] = hash;
            return true;
        }

        many = [.. seen, hash];
        return true;
    }

    [InlineArray(Length)]
    private struct Few
    {
        public const int Length = 16;

        private ulong first;
    }
}
