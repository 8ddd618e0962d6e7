namespace DataGlue.Edge.Storage;

/// <summary>A value bound to a statement: a text, a whole number, or NULL.</summary>
public readonly record struct WriteValue
{
    private WriteValue(Utf8Text text, long number, bool isNumber) => (Text, Number, IsNumber) = (text, number, isNumber);

    /// <summary>The text; none for NULL and for a number.</summary>
    public Utf8Text Text { get; }

    /// <summary>The number, where it is one.</summary>
    public long Number { get; }

    /// <summary>Whether it is a number.</summary>
    public bool IsNumber { get; }

    /// <summary>A text, or NULL.</summary>
    public static implicit operator WriteValue(Utf8Text text) => new(text, 0, isNumber: false);

    /// <summary>A text, or NULL.</summary>
    public static implicit operator WriteValue(string? text) => Utf8Text.From(text);

    /// <summary>A number.</summary>
    public static implicit operator WriteValue(long number) => new(default, number, isNumber: true);

    /// <summary>A truth, as SQLite keeps it: 0 or 1.</summary>
    public static implicit operator WriteValue(bool truth) => truth ? 1L : 0L;

    /// <summary>A 64-bit hash; the database knows signed numbers only.</summary>
    public static implicit operator WriteValue(ulong hash) => unchecked((long)hash);
}
