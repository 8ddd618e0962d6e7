namespace DataGlue.Edge.Wire.Json;

/// <summary>A JSON number as the decimal that it spells, to its last digit: <c>1.0</c>, <c>10e-1</c> and <c>1</c> are one number, and no two others are.</summary>
internal readonly ref struct JsonNumber
{
    // Of an exponent that is longer than this, nobody can tell the difference.
    private const long MaxExponent = 1_000_000_000_000_000;
    private const int MaxInt64Digits = 19;
    private const int ShortLength = 64;

    private readonly bool isNegative;
    private readonly ReadOnlySpan<byte> digits; // without zeros at either end; none of 0
    private readonly long exponent; // how many zeros follow the last digit; below 0, how many digits stand behind the point

    /// <param name="number">The number as JSON spells it.</param>
    /// <param name="buffer">Takes its digits; at least as long as the number.</param>
    private JsonNumber(ReadOnlySpan<byte> number, Span<byte> buffer)
    {
        var (count, behindPoint, isBehind, i) = (0, 0, false, number[0] == '-' ? 1 : 0);
        for (; i < number.Length && number[i] is not ((byte)'e' or (byte)'E'); i++)
        {
            if (number[i] == '.')
            {
                isBehind = true;
                continue;
            }

            behindPoint += isBehind ? 1 : 0;
            buffer[count] = number[i];
            count += count > 0 || number[i] != '0' ? 1 : 0;
        }

        digits = buffer[..count].TrimEnd((byte)'0');
        if (!digits.IsEmpty)
        {
            isNegative = number[0] == '-';
            exponent = ExponentOf(number[Math.Min(i + 1, number.Length)..]) - behindPoint + (count - digits.Length);
        }
    }

    /// <summary>The same for each spelling of a number.</summary>
    public static ulong Hash(ReadOnlySpan<byte> number)
    {
        Span<byte> buffer = number.Length <= ShortLength ? stackalloc byte[ShortLength] : new byte[number.Length];
        return new JsonNumber(number, buffer).Hash();
    }

    /// <summary>The hash of a whole number of 64 bits, which needs no look at its digits.</summary>
    public static ulong Hash(long number) => JsonText.Combine((ulong)number, '#');

    /// <summary>The number without an exponent; null when that is longer than <paramref name="most"/> characters.</summary>
    public static string? Text(ReadOnlySpan<byte> number, int most) => new JsonNumber(number, new byte[number.Length]).Text(most);

    private ulong Hash()
    {
        if (exponent >= 0 && digits.Length + exponent <= MaxInt64Digits)
        {
            var value = Int128.Parse(Text(MaxInt64Digits + 1)!, CultureInfo.InvariantCulture);
            if (value >= long.MinValue && value <= long.MaxValue)
            {
                return Hash((long)value);
            }
        }

        return JsonText.Combine(JsonText.HashOf(digits), (ulong)exponent, isNegative ? '-' : (ulong)'+');
    }

    private string? Text(int most)
    {
        var zerosBehind = Math.Max(0, exponent);
        var behindPoint = Math.Max(0, -exponent);
        var zerosBefore = Math.Max(0, behindPoint + 1 - digits.Length);
        if (digits.Length + zerosBehind + zerosBefore > most)
        {
            return null;
        }

        var text = new string('0', (int)zerosBefore) + Encoding.ASCII.GetString(digits) + new string('0', (int)zerosBehind);
        text = digits.IsEmpty ? "0" : behindPoint == 0 ? text : text.Insert(text.Length - (int)behindPoint, ".");
        return (isNegative ? "-" : "") + text is { } whole && whole.Length <= most ? whole : null;
    }

    private static long ExponentOf(ReadOnlySpan<byte> text)
    {
        var (value, isBelow) = (0L, !text.IsEmpty && text[0] == '-');
        foreach (var digit in text.TrimStart("+-"u8))
        {
            value = Math.Min((value * 10) + (digit - '0'), MaxExponent);
        }

        return isBelow ? -value : value;
    }
}
