using System.Globalization;
using System.Text;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Bytes as text that can be read and, in a C# string of Latin-1, be sent again.</summary>
internal static class Escaped
{
    private const int Most = 8_192;

    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes[..Math.Min(bytes.Length, Most)])
        {
            Append(text, value);
        }

        return bytes.Length <= Most ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"... ({bytes.Length} bytes in all)").ToString();
    }

    private static void Append(StringBuilder text, byte value) => _ = value switch
    {
        (byte)'\r' => text.Append("\\r"),
        (byte)'\n' => text.Append("\\n"),
        (byte)'\\' => text.Append("\\\\"),
        >= (byte)' ' and <= (byte)'~' => text.Append((char)value),
        _ => text.Append(CultureInfo.InvariantCulture, $"\\u00{value:x2}"),
    };
}
