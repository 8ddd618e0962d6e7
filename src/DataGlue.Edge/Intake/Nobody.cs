namespace DataGlue.Edge.Intake;

/// <summary>What scripts send as an id or e-mail when they have none. Taken for one, it would make all who send it one visitor.</summary>
internal static class Nobody
{
    private const int Longest = 15;

    /// <summary>Whether a text stands for nobody, in any case and with blanks around it.</summary>
    public static bool Is(ReadOnlySpan<byte> text)
    {
        var name = text[Ascii.Trim(text)];
        return name.Length <= Longest && (Matches(name, "0"u8) || Matches(name, "-1"u8) || Matches(name, "null"u8) || Matches(name, "undefined"u8)
            || Matches(name, "NaN"u8) || Matches(name, "anonymous"u8) || Matches(name, "guest"u8) || Matches(name, "none"u8) || Matches(name, "[object Object]"u8));
    }

    private static bool Matches(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name) => text.Length == name.Length && Ascii.EqualsIgnoreCase(text, name);
}
