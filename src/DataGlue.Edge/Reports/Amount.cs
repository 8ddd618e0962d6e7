namespace DataGlue.Edge.Reports;

/// <summary>Money and credit in millionths, so that sums are exact.</summary>
internal static class Amount
{
    public const long One = 1_000_000;

    private const decimal Most = 1_000_000_000_000m;

    /// <summary>A JSON number, rounded half to even; 0 for what is none, or beyond 10^12.</summary>
    public static long Parse(string? json) =>
        json is not null && json[0] is '-' or (>= '0' and <= '9') && decimal.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) <= Most
            ? (long)(Math.Round(value, 6, MidpointRounding.ToEven) * One) : 0;

    /// <summary>As a JSON number, without needless zeros.</summary>
    public static void Write(Utf8JsonWriter json, string name, Int128 millionths)
    {
        json.WritePropertyName(name);
        WriteValue(json, millionths);
    }

    public static void WriteValue(Utf8JsonWriter json, Int128 millionths) => json.WriteRawValue(Format(millionths));

    public static string Format(Int128 millionths)
    {
        var (whole, part) = Int128.DivRem(Int128.Abs(millionths), One);
        var fraction = part == 0 ? "" : "." + ((long)part).ToString("D6", CultureInfo.InvariantCulture).TrimEnd('0');
        return $"{(millionths < 0 ? "-" : "")}{whole.ToString(CultureInfo.InvariantCulture)}{fraction}";
    }
}
