using System.IO.Compression;

namespace DataGlue.Edge.Tests.Support;

/// <summary>Bodies as a client compresses them.</summary>
internal static class Compressed
{
    /// <summary>The bytes under this encoding: gzip, br or deflate, in any case.</summary>
    public static byte[] Bytes(string encoding, byte[] body, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var output = new MemoryStream();
        using (Stream compressing = encoding.ToUpperInvariant() switch
        {
            "GZIP" => new GZipStream(output, level, leaveOpen: true),
            "BR" => new BrotliStream(output, level, leaveOpen: true),
            _ => new ZLibStream(output, level, leaveOpen: true),
        })
        {
            compressing.Write(body);
        }

        return output.ToArray();
    }

    /// <summary>The content of a request that says how it is compressed.</summary>
    public static ByteArrayContent Content(string encoding, byte[] body)
    {
        var content = new ByteArrayContent(Bytes(encoding, body));
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return content;
    }
}
