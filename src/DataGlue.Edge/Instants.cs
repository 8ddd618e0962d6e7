namespace DataGlue.Edge;

/// <summary>Instants on the wire and in SQLite: ISO 8601 in UTC with milliseconds, always 24 characters, so that text order is time order. In the code an
/// instant is a number of milliseconds since 1970.</summary>
internal static class Instants
{
    /// <summary>The least number that is read as milliseconds, in 1973; a smaller one is one of seconds until the year 5138.</summary>
    public const long LeastNumber = 100_000_000_000;

    /// <summary>Room for an instant in text, in bytes.</summary>
    public const int MaxLength = 28;

    private const int WireLength = 24;
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    private static readonly long Least = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Most = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static long Now(TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The wire form, for example <c>2024-01-04T14:00:00.000Z</c>.</summary>
    public static string Format(long epochMilliseconds) => Utf8(epochMilliseconds).ToString();

    public static Utf8Text Utf8(long epochMilliseconds)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return new Utf8Text(Write(epochMilliseconds, text).ToArray());
    }

    /// <summary>Writes the wire form into <paramref name="text"/>, of <see cref="MaxLength"/> bytes. Returns what it has written.</summary>
    public static ReadOnlySpan<byte> Write(long epochMilliseconds, Span<byte> text)
    {
        // .NET writes the round-trip format without parsing a pattern.
        DateTimeOffset.FromUnixTimeMilliseconds(epochMilliseconds).UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[WireLength - 1] = (byte)'Z';
        return text[..WireLength];
    }

    /// <summary>Reads a date, or a date and time, of ISO 8601 or RFC 3339. Without an offset it is UTC; parts of a millisecond are cut off.</summary>
    /// <remarks>In basic form or extended, <c>20240104T140000Z</c> or <c>2024-01-04T14:00:00Z</c>; a date alone in extended form, since digits alone are a number.</remarks>
    public static bool TryParse(string text, out long epochMilliseconds)
    {
        var parser = new Parser(text);
        return parser.TryRead(out epochMilliseconds);
    }

    /// <summary>The wire form of a stored instant, which a row that was inserted by hand may hold in another form.</summary>
    public static string? Normalize(string? stored) => stored is null || (stored.Length == WireLength && stored[^1] == 'Z') ? stored
        : TryParse(stored, out var instant) ? Format(instant) : stored;

    private ref struct Parser(ReadOnlySpan<char> text)
    {
        private const int MaxFractionDigits = 12;

        private ReadOnlySpan<char> rest = text;

        public bool TryRead(out long instant)
        {
            instant = 0;
            if (!TryReadDate(out var date, out var isExtended))
            {
                return false;
            }

            instant = new DateTimeOffset(date, TimeSpan.Zero).ToUnixTimeMilliseconds();
            if (rest.IsEmpty)
            {
                return isExtended;
            }

            if (!(Skip('T') || Skip('t') || Skip(' ')) || !TryReadTime(out var time, out var isLeapSecond) || !TryReadOffset(out var offset) || !rest.IsEmpty)
            {
                return false;
            }

            instant += time - offset;

            // A leap second is the last of a day, in UTC; here it is the first of the next.
            return instant >= Least && instant <= Most && (!isLeapSecond || instant % Day < 1000);
        }

        private bool TryReadDate(out DateTime date, out bool isExtended)
        {
            (date, isExtended) = (default, false);
            if (!TryReadNumber(4, out var year))
            {
                return false;
            }

            isExtended = Skip('-');
            if (!TryReadNumber(2, out var month) || (isExtended && !Skip('-')) || !TryReadNumber(2, out var day)
                || year is 0 || month is 0 or > 12 || day is 0 || day > DateTime.DaysInMonth((int)year, (int)month))
            {
                return false;
            }

            date = new DateTime((int)year, (int)month, (int)day);
            return true;
        }

        // Minutes and seconds may be left out; the last part may have a fraction.
        private bool TryReadTime(out long time, out bool isLeapSecond)
        {
            (time, isLeapSecond) = (0, false);
            if (!TryReadNumber(2, out var hour))
            {
                return false;
            }

            var (minute, second, unit) = (0L, 0L, Hour);
            var isExtended = Skip(':');
            if (isExtended || StartsWithDigit)
            {
                unit = Minute;
                if (!TryReadNumber(2, out minute))
                {
                    return false;
                }

                if (isExtended ? Skip(':') : StartsWithDigit)
                {
                    unit = 1000;
                    if (!TryReadNumber(2, out second))
                    {
                        return false;
                    }
                }
            }

            if (!TryReadFraction(unit, out var fraction))
            {
                return false;
            }

            time = (hour * Hour) + (minute * Minute) + (second * 1000) + fraction;
            isLeapSecond = second == 60;
            return (hour < 24 || time == Day) && minute < 60 && second <= 60;
        }

        private bool TryReadFraction(long unit, out long fraction)
        {
            fraction = 0;
            if (!Skip('.') && !Skip(','))
            {
                return true;
            }

            if (!StartsWithDigit)
            {
                return false;
            }

            var scale = 1L;
            for (var digits = 0; StartsWithDigit; digits++, rest = rest[1..])
            {
                if (digits < MaxFractionDigits)
                {
                    (fraction, scale) = ((fraction * 10) + (rest[0] - '0'), scale * 10);
                }
            }

            fraction = fraction * unit / scale;
            return true;
        }

        private bool TryReadOffset(out long offset)
        {
            offset = 0;
            if (rest.IsEmpty || Skip('Z') || Skip('z'))
            {
                return true;
            }

            var isBehind = rest[0] == '-';
            if ((!Skip('+') && !Skip('-')) || !TryReadNumber(2, out var hours) || hours > 23)
            {
                return false;
            }

            var minutes = 0L;
            if ((Skip(':') || StartsWithDigit) && (!TryReadNumber(2, out minutes) || minutes > 59))
            {
                return false;
            }

            offset = (hours * Hour) + (minutes * Minute);
            offset = isBehind ? -offset : offset;
            return true;
        }

        private readonly bool StartsWithDigit => !rest.IsEmpty && char.IsAsciiDigit(rest[0]);

        private bool Skip(char what)
        {
            var isThere = !rest.IsEmpty && rest[0] == what;
            rest = isThere ? rest[1..] : rest;
            return isThere;
        }

        private bool TryReadNumber(int digits, out long number)
        {
            number = 0;
            if (rest.Length < digits || rest[..digits].ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            foreach (var digit in rest[..digits])
            {
                number = (number * 10) + (digit - '0');
            }

            rest = rest[digits..];
            return true;
        }
    }
}
