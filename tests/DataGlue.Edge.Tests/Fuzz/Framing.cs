using System.Globalization;
using System.Text;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>How a body says where it ends.</summary>
/// <param name="Headers">The lines that say it.</param>
/// <param name="Body">The bytes that follow the head.</param>
/// <param name="HasSoundHead">Whether Kestrel takes these headers, whatever it thinks of the body then.</param>
internal sealed record Framing(string[] Headers, byte[] Body, bool HasSoundHead)
{
    private static readonly byte[] End = "0\r\n\r\n"u8.ToArray();

    /// <summary>As HTTP wants it: a length, or chunks of any size and form.</summary>
    public static Gen<Func<byte[], Framing>> Right { get; } = Gen.Frequency<Func<byte[], Framing>>(
        (8, Gen.Const<Func<byte[], Framing>>(Counted)),
        (1, Gen.Select(
            Gen.OneOf(1, 7, 64, 1_000, 1 << 20), Gen.OneOf("", ";a", ";a=b", ";a=\"b\""), Gen.OneOf("x", "X", "x8"),
            Gen.OneOf("", "X-Trailer: a\r\n", "Content-Length: 5\r\n"),
            (size, extension, format, trailer) =>
                (Func<byte[], Framing>)(body => Chunked(Chunks(body, size, extension, format, "0\r\n" + trailer + "\r\n"))))));

    /// <summary>A length that lies, chunks that are none, two lengths at once.</summary>
    public static Gen<Func<byte[], Framing>> Wrong { get; } = Gen.Frequency<Func<byte[], Framing>>(
        (3, Gen.Int[1, 1_000].Select(more => Length(body => body.Length + more))),
        (3, Gen.Int[1, 200].Select(less => Length(body => Math.Max(0, body.Length - less)))),
        (1, Gen.OneOf(30_000_001L, 99_999_999L, int.MaxValue, long.MaxValue).Select(length => Length(_ => length))),
        (3, Gen.OneOf("-1", "+{0}", "0x{0}", "{0} {0}", "{0}, {0}", "{0};", "99999999999999999999", "1e3", "", "{0}.0", "\u00b2", "\t{0}\v")
            .Select(Unsound("Content-Length: "))),
        (3, Gen.OneOf(
            "{0}\r\nContent-Length: {0}", "{0}\r\nContent-Length: 0", "{0}\r\nTransfer-Encoding: chunked", "{0}\r\nTransfer-Encoding: identity",
            "{0}\r\nTransfer-Encoding:\tchunked",
            "{0}\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked").Select(Unsound("Content-Length: "))),
        (2, Gen.OneOf(
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: CHUNKED",
            "Transfer-Encoding: \tchunked ", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding : chunked",
            "Transfer_Encoding: chunked", "Transfer-Encoding:\r\n chunked")
            .Select(header => (Func<byte[], Framing>)(body => new Framing([header], Chunks(body, 50, "", "x", "0\r\n\r\n"), HasSoundHead: false)))),
        (6, Gen.OneOf(
            "zz\r\n", "-1\r\n", "ffffffffffffffff\r\n", "8000000000000000\r\n", "fffffffff\r\n", "0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
            "5\nhello\n0\n\n", "5\r\nhello0\r\n\r\n",
            "5\r\nhello\r\n", "5\r\nhel", "5;\0\r\nhello\r\n", "5;a=\"\r\n", "\r\n", "", "0", "0\r\n", "0\r\nX\r\n\r\n", "0\r\n X: a\r\n\r\n",
            "0\r\nX: \0\r\n\r\n", "0\r\nX: \u00e9\r\n\r\n", "00000000000000000000005\r\nhello\r\n")
            .Select(chunks => (Func<byte[], Framing>)(body => Chunked([.. Chunks(body, 64, "", "x", ""), .. Encoding.Latin1.GetBytes(chunks)])))),
        (3, ByteMutation.Any.Select(mutation => (Func<byte[], Framing>)(body => Chunked(mutation.Apply(Chunks(body, 20, "", "x", "0\r\n\r\n")))))),
        (1, Gen.Int[1_000, 40_000].Select(length => (Func<byte[], Framing>)(_ =>
            Chunked([.. Encoding.ASCII.GetBytes("1;" + new string('x', length) + "\r\n{\r\n"), .. End])))));

    /// <summary>With its length, or without a word when there is none.</summary>
    public static Framing Counted(byte[] body) =>
        new(body.Length == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}")], body, HasSoundHead: true);

    private static Framing Chunked(byte[] chunks) => new(["Transfer-Encoding: chunked"], chunks, HasSoundHead: true);

    private static Func<byte[], Framing> Length(Func<byte[], long> length) =>
        body => new Framing([string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length(body)}")], body, HasSoundHead: true);

    private static Func<string, Func<byte[], Framing>> Unsound(string header) =>
        value => body => new Framing(
            [header + value.Replace("{0}", body.Length.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)], body, HasSoundHead: false);

    private static byte[] Chunks(byte[] body, int size, string extension, string format, string end)
    {
        using var chunks = new MemoryStream();
        foreach (var chunk in body.Chunk(size))
        {
            chunks.Write(Encoding.ASCII.GetBytes(chunk.Length.ToString(format, CultureInfo.InvariantCulture) + extension + "\r\n"));
            chunks.Write(chunk);
            chunks.Write("\r\n"u8);
        }

        chunks.Write(Encoding.ASCII.GetBytes(end));
        return chunks.ToArray();
    }
}
