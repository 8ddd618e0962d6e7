using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Http;

/// <summary>Bodies with <c>Content-Encoding: gzip</c>, <c>br</c> or <c>deflate</c>, decompressed while they are read.</summary>
internal static class CompressedBodies
{
    /// <summary>Decompresses bodies, and takes the header off; what has another encoding keeps it.</summary>
    public static IApplicationBuilder UseCompressedBodies(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (context.Request.Headers.ContentEncoding.Count > 0)
        {
            Decompress(context);
        }

        return next(context);
    });

    /// <summary>What came of a body that is decompressed; null for any other.</summary>
    public static ReceivedBody? Of(HttpRequest request) => request.HttpContext.Features.Get<ReceivedBody>();

    private static void Decompress(HttpContext context)
    {
        // Identity is no encoding; a proxy may have put the header into several lines.
        var codings = context.Request.Headers.GetCommaSeparatedValues(HeaderNames.ContentEncoding).Select(coding => coding.ToLowerInvariant())
            .Where(coding => coding is not ("identity" or "")).ToList();
        var received = new ReceivedBody(context.Request.Body);
        Stream? body = codings switch
        {
            [] => context.Request.Body,
            ["gzip" or "x-gzip"] => new GZipStream(received, CompressionMode.Decompress),
            ["br"] => new BrotliStream(received, CompressionMode.Decompress),
            ["deflate"] => new ZLibStream(received, CompressionMode.Decompress),
            _ => null,
        };
        if (body is null)
        {
            return;
        }

        context.Request.Headers.Remove(HeaderNames.ContentEncoding);
        if (codings.Count > 0)
        {
            context.Request.Body = body;
            context.Response.RegisterForDispose(body);
            context.Features.Set(received);
        }
    }
}

/// <summary>A compressed body as it comes in: counts its bytes.</summary>
internal sealed class ReceivedBody(Stream body) : Stream
{
    public long Count { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        Count += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Kestrel reads without waiting only where it is asked to.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush()
    {
    }
}
