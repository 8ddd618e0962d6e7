using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace DataGlue.Edge.Wire.Json;

/// <summary>The keys seen so far in one JSON object, by hash: a few in place, many in a set.</summary>
internal struct KeySet
{
    private const int MaxQuoted = 60;

    // Secret, so that nobody can make keys that collide.
    private static readonly long Seed = Unguessable.Number();

    private Few few;
    private int count;
    private HashSet<ulong>? many;

    /// <summary>Adds a key, without escapes; one that the object has already is a fault. The label, empty for the body, may end with a dot.</summary>
    public bool Add(ReadOnlySpan<byte> key, string label, Faults faults)
    {
        var isNew = TryAdd(XxHash3.HashToUInt64(key, Seed));
        if (!isNew)
        {
            var text = Encoding.UTF8.GetString(key);
            var quoted = text.Length <= MaxQuoted ? text : string.Concat(text.AsSpan(0, MaxQuoted), "...");
            faults.Add(label.Length == 0 ? $"The key '{quoted}' appears twice" : $"{label.TrimEnd('.')} has the key '{quoted}' twice");
        }

        return isNew;
    }

    private bool TryAdd(ulong hash)
    {
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
        }
        else
        {
            many = [.. seen, hash];
        }

        return true;
    }

    [InlineArray(Length)]
    private struct Few
    {
        public const int Length = 16;

        private ulong first;
    }
}
