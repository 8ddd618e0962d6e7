namespace DataGlue.Edge;

/// <summary>Text in valid UTF-8, as it comes over the wire and goes into SQLite. The default is no text, which is stored as NULL and differs from the empty text.</summary>
internal readonly record struct Utf8Text
{
    private readonly byte[]? bytes;

    public Utf8Text(byte[] bytes) => this.bytes = bytes;

    public bool IsPresent => bytes is not null;
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>Encodes a text; null is no text.</summary>
    public static Utf8Text From(string? text) => text is null ? default : new Utf8Text(Encoding.UTF8.GetBytes(text));

    /// <summary>Whether it has more characters than that: Unicode code points, as in PostgreSQL's VARCHAR(255) and SQLite's length().</summary>
    public bool IsLongerThan(int most)
    {
        // Every byte that does not continue a character begins one.
        var characters = 0;
        foreach (var value in Span.Length > most ? Span : [])
        {
            characters += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return characters > most;
    }

    public Utf8Text Or(Utf8Text other) => IsPresent ? this : other;
    public string? Decode() => bytes is null ? null : Encoding.UTF8.GetString(bytes);
    public override string ToString() => Decode() ?? "";
    public bool Equals(Utf8Text other) => IsPresent == other.IsPresent && Span.SequenceEqual(other.Span);
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }
}
