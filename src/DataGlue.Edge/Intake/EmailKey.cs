namespace DataGlue.Edge.Intake;

/// <summary>What two spellings of one e-mail address have in common: by it e-mails compare. Stored is what was sent.</summary>
internal static class EmailKey
{
    private const string PunycodePrefix = "xn--";

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    // Unicode's property Default_Ignorable_Code_Point: nobody sees these, as the zero-width space, the soft hyphen and the marks of direction.
    private static readonly (int First, int Last)[] Invisible =
    [
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
        (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    ];

    /// <summary>Whether a text has the form of an e-mail: one <c>@</c> with something on both sides, and no blank.</summary>
    public static bool IsEmail(Utf8Text text)
    {
        if (!Ascii.IsValid(text.Span) && text.ToString().Any(char.IsWhiteSpace))
        {
            return false;
        }

        // What has to be on both sides can be seen.
        var key = Ascii.IsValid(text.Span) ? text.Span : Of(text).Span;
        var at = key.IndexOf((byte)'@');
        var host = key[(at + 1)..].TrimEnd((byte)'.');
        return at > 0 && !host.IsEmpty && !host.Contains((byte)'@') && !key.ContainsAnyInRange((byte)0, (byte)' ');
    }

    /// <summary>The key of an e-mail: in lower case and normalization form C, without invisible characters, the host in Unicode and without a last dot.</summary>
    public static Utf8Text Of(Utf8Text email)
    {
        var bytes = email.Span;
        if (!Ascii.IsValid(bytes) || bytes.IndexOf("--"u8) >= 0)
        {
            return Utf8Text.From(Of(email.ToString()));
        }

        // Nearly every e-mail.
        var key = new byte[bytes.TrimEnd((byte)'.').Length];
        Ascii.ToLower(bytes[..key.Length], key, out _);
        return email.IsPresent ? new Utf8Text(key) : default;
    }

    private static string Of(string email)
    {
        var text = Fold(email);
        var at = text.LastIndexOf('@');
        return string.Concat(text.AsSpan(0, at + 1), string.Join('.', HostOf(text[(at + 1)..]).Split('.').Select(Label)).TrimEnd('.'));
    }

    // Letters that look the same in both cases may compose in another way in one of them.
    private static string Fold(string text) => Nfc.Of(Nfc.Of(WithoutInvisible(text)).ToLowerInvariant());

    private static string WithoutInvisible(string text) =>
        string.Concat(text.EnumerateRunes().Where(rune => !Invisible.Any(range => rune.Value >= range.First && rune.Value <= range.Last)));

    // IDNA knows three more dots.
    private static string HostOf(string host) => host.Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.');

    private static string Label(string label)
    {
        if (!label.StartsWith(PunycodePrefix, StringComparison.Ordinal) || !Ascii.IsValid(label))
        {
            return label;
        }

        try
        {
            return Idn.GetUnicode(label) is { Length: > 0 } decoded ? Fold(decoded) : label;
        }
        catch (ArgumentException)
        {
            // Only looks like punycode.
            return label;
        }
    }
}
