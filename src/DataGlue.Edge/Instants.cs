namespace DataGlue.Edge;

/// <summary>Instants on the wire and in SQLite: ISO 8601 in UTC with milliseconds, always 24 characters, so that text order is time order. In the code an
/// instant is a number of milliseconds since 1970.</summary>
internal static class Instants
{
    private const int WireLength = 24;
    private const int RoundTripLength = 28;
    private const int MaxFractionDigits = 7;

    private static readonly string[] AcceptedFormats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"];

    public static long Now(TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The wire form, for example <c>2024-01-04T14:00:00.000Z</c>.</summary>
    public static string Format(long epochMilliseconds) => Utf8(epochMilliseconds).ToString();

    public static Utf8Text Utf8(long epochMilliseconds)
    {
        // .NET writes the round-trip format without parsing a pattern.
        Span<byte> text = stackalloc byte[RoundTripLength];
        DateTimeOffset.FromUnixTimeMilliseconds(epochMilliseconds).UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[WireLength - 1] = (byte)'Z';
        return new Utf8Text(text[..WireLength].ToArray());
    }

    /// <summary>Reads an ISO 8601 date or date and time. Without an offset it is UTC; parts of a millisecond are cut off.</summary>
    public static bool TryParse(string text, out long epochMilliseconds)
    {
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var parsed = DateTimeOffset.TryParseExact(CutFraction(text), AcceptedFormats, CultureInfo.InvariantCulture, styles, out var instant);
        epochMilliseconds = parsed ? instant.ToUnixTimeMilliseconds() : 0;
        return parsed;
    }

    /// <summary>The wire form of a stored instant, which a row that was inserted by hand may hold in another form.</summary>
    public static string? Normalize(string? stored) => stored is null || (stored.Length == WireLength && stored[^1] == 'Z') ? stored
        : TryParse(stored.Replace(' ', 'T'), out var instant) ? Format(instant) : stored;

    // .NET reads seven digits of a second; nanoseconds, which Go and Java write, have nine.
    private static string CutFraction(string text)
    {
        var start = text.IndexOf('.', StringComparison.Ordinal) + 1;
        var rest = text.AsSpan(start).IndexOfAnyExceptInRange('0', '9');
        var digits = rest < 0 ? text.Length - start : rest;
        return start > 0 && digits > MaxFractionDigits ? text.Remove(start + MaxFractionDigits, digits - MaxFractionDigits) : text;
    }
}
