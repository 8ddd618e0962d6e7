using System.Security.Cryptography;

namespace DataGlue.Edge.Security;

/// <summary>The secrets of <c>API_KEY</c>; several may hold at once, so that one can be replaced without a gap.</summary>
/// <remarks>A key that was sent is compared with all of them, in blocks of one length: the time that this takes does not show how much of a key was right, how
/// long it is, or which one it was.</remarks>
internal sealed class ApiKeys
{
    public const string Header = "x-api-key";
    public const int MaxLength = 256; // of a key, in characters

    private readonly byte[][] blocks;

    private ApiKeys(IReadOnlyList<string> keys)
    {
        blocks = [.. keys.Select(_ => new byte[MaxLength + 1])];
        for (var i = 0; i < keys.Count; i++)
        {
            Fill(blocks[i], keys[i]);
        }

        HasShort = keys.Any(key => key.Length < 16);
        First = keys.Count > 0 ? keys[0] : null;
    }

    public static ApiKeys None { get; } = new([]);

    public bool AreSet => blocks.Length > 0;

    public bool HasShort { get; } // whether a key is so short that it may be guessed
    public string? First { get; } // the key that this node itself sends; null where none is set

    /// <summary>Reads keys that are separated by commas; null for none.</summary>
    /// <exception cref="SettingException">A key is empty, too long, or cannot be sent in a header.</exception>
    public static ApiKeys Parse(string? text)
    {
        var keys = text?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        return keys.All(IsKey)
            ? new ApiKeys(keys)
            : throw new SettingException($"API_KEY must be one key, or several separated by commas, each of 1 to {MaxLength} visible ASCII characters");
    }

    public KeyProof Check(HttpRequest request) => !AreSet || !request.Headers.TryGetValue(Header, out var values) ? KeyProof.Absent
        : values.Count == 1 && Holds(values.ToString()) ? KeyProof.Right : KeyProof.Wrong;

    private bool Holds(string key)
    {
        Span<byte> block = stackalloc byte[MaxLength + 1];
        Fill(block, key);
        var held = false;
        foreach (var known in blocks)
        {
            held |= CryptographicOperations.FixedTimeEquals(known, block);
        }

        return held;
    }

    // The last byte marks a key. What cannot be one leaves its block empty, which equals none.
    private static void Fill(Span<byte> block, string key)
    {
        block.Clear();
        if (IsKey(key))
        {
            Encoding.ASCII.GetBytes(key, block);
            block[MaxLength] = 1;
        }
    }

    private static bool IsKey(string key) => key.Length is > 0 and <= MaxLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~');
}

/// <summary>What the key of a request proves.</summary>
internal enum KeyProof
{
    Absent, // none was sent, or the server has none
    Wrong,
    Right,
}
