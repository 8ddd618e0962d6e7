using System.Security.Cryptography;

namespace DataGlue.Edge.Security;

/// <summary>The keys of one setting; several may hold at once, so that one can be replaced without a gap. Of some only the hash may be known here.</summary>
/// <remarks>A key that was sent is compared with all of them, in blocks of one length: the time that this takes does not show how much of a key was right, how
/// long it is, or which one it was.</remarks>
internal sealed class ApiKeys
{
    public const string Header = "x-api-key";
    public const int MaxLength = 256; // of a key, in characters

    private const string HashMark = "sha256:"; // in place of a key: the hash follows, in hex

    private readonly byte[][] blocks; // the keys
    private readonly byte[][] hashes; // of keys that are not known here

    private ApiKeys(IReadOnlyList<string> items)
    {
        var keys = items.Where(item => !IsHash(item)).ToList();
        blocks = [.. keys.Select(_ => new byte[MaxLength + 1])];
        for (var i = 0; i < keys.Count; i++)
        {
            Fill(blocks[i], keys[i]);
        }

        hashes = [.. items.Where(IsHash).Select(item => Convert.FromHexString(item.AsSpan(HashMark.Length)))];
        HasShort = keys.Exists(key => key.Length < 16);
        First = items.Count > 0 && !IsHash(items[0]) ? items[0] : null;
        Plain = keys.Count > 0 ? keys[0] : null;
    }

    public static ApiKeys None { get; } = new([]);

    public bool AreSet => blocks.Length + hashes.Length > 0;

    public bool HasShort { get; } // whether a key is so short that it may be guessed
    public string? First { get; } // the first of them; null where none is set, or only its hash is known
    public string? Plain { get; } // the first that is known as it is

    /// <summary>Reads the keys of a setting, separated by commas; null for none.</summary>
    /// <exception cref="SettingException">A key is empty, too long, or cannot be sent in a header, or a hash is none.</exception>
    public static ApiKeys Parse(string setting, string? text)
    {
        var items = text?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (!items.All(IsKey))
        {
            throw new SettingException($"{setting} must be one key, or several separated by commas, each of 1 to {MaxLength} visible ASCII characters");
        }

        return items.Where(IsHash).All(item => item.Length == HashMark.Length + 2 * SHA256.HashSizeInBytes && item.Skip(HashMark.Length).All(char.IsAsciiHexDigit))
            ? new ApiKeys(items)
            : throw new SettingException($"{setting} must have the 64 hex digits of a key's SHA-256 behind {HashMark}");
    }

    /// <summary>Whether a key that was sent is one of these.</summary>
    public bool Hold(string key)
    {
        Span<byte> block = stackalloc byte[MaxLength + 1];
        Fill(block, key);
        var held = false;
        foreach (var known in blocks)
        {
            held |= CryptographicOperations.FixedTimeEquals(known, block);
        }

        // Only where there is a hash: OpenSSL, which makes one, takes four megabytes.
        if (hashes.Length > 0 && IsKey(key))
        {
            Span<byte> sent = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(block[..key.Length], sent);
            foreach (var hash in hashes)
            {
                held |= CryptographicOperations.FixedTimeEquals(hash, sent);
            }
        }

        return held;
    }

    /// <summary>Whether a key is among these and among the others.</summary>
    public bool Share(ApiKeys others) => hashes.Any(hash => others.hashes.Any(other => hash.AsSpan().SequenceEqual(other)))
        || others.blocks.Any(block => Hold(TextOf(block))) || blocks.Any(block => others.Hold(TextOf(block)));

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

    private static string TextOf(byte[] block) => Encoding.ASCII.GetString(block.AsSpan(0, MaxLength)).TrimEnd('\0');

    private static bool IsKey(string key) => key.Length is > 0 and <= MaxLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static bool IsHash(string item) => item.StartsWith(HashMark, StringComparison.OrdinalIgnoreCase);
}
