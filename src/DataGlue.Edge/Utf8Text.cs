using System.Text;

namespace DataGlue.Edge;

/// <summary>
/// Text in UTF-8, as it comes over the wire and goes into SQLite, so that nothing on the way is encoded twice. The default
/// value is no text at all, which is stored as NULL.
/// </summary>
internal readonly struct Utf8Text : IEquatable<Utf8Text>
{
    private readonly byte[]? bytes;

    /// <summary>Text of these bytes, which are valid UTF-8 and do not change.</summary>
    public Utf8Text(byte[] bytes) => this.bytes = bytes;

    /// <summary>Whether there is a text, be it empty.</summary>
    public bool IsPresent => bytes is not null;

    /// <summary>The bytes; none where there is no text.</summary>
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>Encodes a text; null is no text.</summary>
    public static Utf8Text From(string? text) => text is null ? default : new Utf8Text(Encoding.UTF8.GetBytes(text));

    /// <summary>This text, or another where there is none.</summary>
    public Utf8Text Or(Utf8Text other) => IsPresent ? this : other;

    /// <summary>The text decoded; null where there is none.</summary>
    public string? Decode() => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    public override string ToString() => Decode() ?? "";

    public bool Equals(Utf8Text other) => IsPresent == other.IsPresent && Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is Utf8Text other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Whether both are the same text, or both none.</summary>
    public static bool operator ==(Utf8Text left, Utf8Text right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(Utf8Text left, Utf8Text right) => !left.Equals(right);
}
