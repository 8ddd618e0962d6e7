using System.IO.Compression;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>A body as <c>Content-Encoding</c> says it is, or says wrongly.</summary>
/// <param name="Header">The line that says it.</param>
/// <param name="Body">What is sent.</param>
internal sealed record ContentCoding(string Header, byte[] Body)
{
    private static readonly string[] Names = ["gzip", "br", "deflate"];

    // 6 MiB of white space: more than any body may have, a few kilobytes when compressed.
    private static readonly Dictionary<string, byte[]> Bombs =
        Names.ToDictionary(name => name, name => Compress(name, Enumerable.Repeat((byte)' ', 6 << 20).ToArray()));

    // Blocks of deflate with nothing in them: it never ends, and comes to nothing.
    private static readonly byte[] Nothing = [0x78, 0x9C, .. Enumerable.Repeat<byte[]>([0, 0, 0, 0xFF, 0xFF], 8_000).SelectMany(block => block)];

    private static readonly Gen<string> Name = Gen.OneOf(Names);

    public static Gen<Func<byte[], ContentCoding>> Any { get; } = Gen.Frequency<Func<byte[], ContentCoding>>(
        (16, Name.Select(name => Coded(name, body => Compress(name, body)))),
        (6, Gen.Select(Name, ByteMutation.Any.Array[1, 3], (name, mutations) => Coded(name, body => Mutate(Compress(name, body), mutations)))),
        (3, Name.Select(name => Coded(name, body => body))),
        (2, Gen.Select(Name, Name, (name, other) => Coded(name, body => Compress(other, body)))),
        (2, Gen.OneOf("identity", "zstd", "compress", "x-gzip", "GZIP", "gzip, br", "gzip, gzip", "gzip;q=1", "", "*", ",")
            .Select(name => Coded(name, body => Compress("gzip", body)))),
        (1, Gen.Select(Name, Name, (name, other) => Coded($"{name}\r\nContent-Encoding: {other}", body => Compress(name, Compress(other, body))))),
        (1, Name.Select(name => Coded(name, body => [.. Compress(name, body), .. Compress(name, body)]))),
        (1, Name.Select(name => Coded(name, _ => Bombs[name]))),
        (1, Gen.Const(Coded("deflate", _ => Nothing))));

    private static Func<byte[], ContentCoding> Coded(string name, Func<byte[], byte[]> code) =>
        body => new ContentCoding("Content-Encoding: " + name, code(body));

    private static byte[] Mutate(byte[] bytes, ByteMutation[] mutations) => mutations.Aggregate(bytes, (current, mutation) => mutation.Apply(current));

    private static byte[] Compress(string name, byte[] body)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = name switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            stream.Write(body);
        }

        return compressed.ToArray();
    }
}
