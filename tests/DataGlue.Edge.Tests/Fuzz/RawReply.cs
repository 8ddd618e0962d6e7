using System.Buffers;
using System.Text;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>One reply as it came over the wire.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Head">The status line and the headers, each with its line end.</param>
/// <param name="Body">Its body, unchunked.</param>
public sealed record RawReply(int Status, string Head, byte[] Body)
{
    private static readonly SearchValues<char> Visible =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Append('\t').Select(value => (char)value)]);

    private const StringComparison AnyCase = StringComparison.OrdinalIgnoreCase;

    /// <summary>Whether it only says that the request may go on.</summary>
    public bool IsInterim => Status < 200;

    /// <summary>Whether the server ends the connection behind it.</summary>
    public bool Closes => string.Equals(Header("Connection"), "close", AnyCase);

    /// <summary>Reads a status line and headers, and is strict about it.</summary>
    /// <exception cref="FormatException">They are not what HTTP/1.1 asks for.</exception>
    public static RawReply Parse(ReadOnlySpan<byte> bytes)
    {
        var head = Encoding.Latin1.GetString(bytes);
        var end = head.IndexOf("\r\n", StringComparison.Ordinal);
        var line = head.AsSpan(0, end);
        if (line.Length < 13 || !line.StartsWith("HTTP/1.1 ") || line[12] != ' ' || !int.TryParse(line[9..12], out var status) || status is < 100 or > 599)
        {
            throw new FormatException($"no status line: {line}");
        }

        foreach (var header in head.AsSpan(end + 2).EnumerateLines())
        {
            CheckHeader(header);
        }

        return new RawReply(status, head, []);
    }

    /// <summary>The value of a header; null when it is absent.</summary>
    /// <exception cref="FormatException">It stands there twice.</exception>
    public string? Header(string name)
    {
        var start = Find(name, 0);
        if (start < 0)
        {
            return null;
        }

        if (Find(name, start) >= 0)
        {
            throw new FormatException($"{name} stands there twice");
        }

        return Head[start..Head.IndexOf("\r\n", start, StringComparison.Ordinal)].Trim();
    }

    /// <inheritdoc/>
    public override string ToString() => Escaped.Text(Encoding.Latin1.GetBytes(Head)) + Escaped.Text(Body);

    private int Find(string name, int from)
    {
        var found = Head.IndexOf($"\r\n{name}:", from, AnyCase);
        return found < 0 ? -1 : found + 3 + name.Length;
    }

    // A tab is allowed; what the server sends back of a request may hold one.
    private static void CheckHeader(ReadOnlySpan<char> header)
    {
        var colon = header.IndexOf(':');
        var isHeader = colon > 0 && !header[..colon].ContainsAnyExceptInRange('!', '~') && !header[colon..].ContainsAnyExcept(Visible);
        if (!header.IsEmpty && !isHeader)
        {
            throw new FormatException($"no header: {header}");
        }
    }
}
