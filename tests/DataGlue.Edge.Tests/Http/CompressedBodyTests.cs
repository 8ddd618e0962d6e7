using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Http;

public sealed class CompressedBodyTests : IDisposable
{
    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private const string Corrupt = "The body cannot be decompressed; check that it is what Content-Encoding says";

    private const int Limit = 65_536;

    private readonly ServerApp app = new();

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("GZIP")]
    [InlineData("x-gzip")]
    [InlineData("X-GZip")]
    [InlineData("identity, gzip")]
    [InlineData("gzip, Identity")]
    [InlineData(" gzip ,")]
    [InlineData("Br")]
    public async Task A_compressed_body_is_read(string encoding)
    {
        var kind = encoding.Contains("br", StringComparison.OrdinalIgnoreCase) ? "br" : encoding == "deflate" ? encoding : "gzip";
        (await PostAsync(encoding, Compressed.Bytes(kind, Encoding.UTF8.GetBytes(Track)))).IsOk();
        Assert.Equal(["a"], app.Query("SELECT glue_user_id FROM events"));
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("Identity")]
    [InlineData("identity, IDENTITY")]
    [InlineData("")]
    public async Task A_body_in_pieces_under_identity_is_read(string encoding) =>
        (await PostAsync(encoding, Encoding.UTF8.GetBytes(Track), chunked: true)).IsOk();

    [Theory]
    [InlineData(65_536, 700, 200)]
    [InlineData(65_537, 655, 413)]
    [InlineData(65_537, 656, 200)]
    [InlineData(100_000, 1_000, 200)]
    [InlineData(100_001, 1_000, 413)]
    [InlineData(100_000, 999, 413)]
    [InlineData(1_048_576, 10_486, 200)]
    [InlineData(1_048_576, 10_485, 413)]
    public async Task A_body_decompresses_to_a_hundred_times_what_came_and_a_small_one_to_what_it_likes(int length, int received, int status)
    {
        var body = Encoding.UTF8.GetBytes("""{"batch":[]}""".PadRight(length));
        foreach (var chunked in new[] { false, true })
        {
            var reply = await PostAsync("gzip", Named(Compressed.Bytes("gzip", body, CompressionLevel.SmallestSize), received), chunked, "/glue/batch");
            Assert.Equal(status, (int)reply.Status);
            if (status == 413)
            {
                Assert.Equal("The body decompresses to more than 100 times what came; send less at a time, or without Content-Encoding", reply.Error);
            }
        }
    }

    [Fact]
    public async Task A_small_body_may_come_of_very_few_bytes()
    {
        var body = Compressed.Bytes("gzip", Encoding.UTF8.GetBytes(Track.PadRight(Limit)), CompressionLevel.SmallestSize);
        Assert.InRange(body.Length, 1, Limit / 100);

        (await PostAsync("gzip", body)).IsOk();
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("compress")]
    [InlineData("gzip, br")]
    [InlineData("gzip, gzip")]
    [InlineData("x")]
    public async Task Another_encoding_is_a_415(string encoding) =>
        (await PostAsync(encoding, [1, 2, 3])).IsError(HttpStatusCode.UnsupportedMediaType, "Content-Encoding must be gzip, br or deflate, or absent");

    [Theory]
    [InlineData("gzip", 0)]
    [InlineData("gzip", 1)]
    [InlineData("br", 0)]
    [InlineData("br", 1)]
    [InlineData("deflate", 0)]
    [InlineData("deflate", 1)]
    public async Task The_limit_holds_for_the_decompressed_body(string encoding, int over)
    {
        var body = Encoding.UTF8.GetBytes(Track.PadRight(Limit + over));

        foreach (var chunked in new[] { false, true })
        {
            var reply = await PostAsync(encoding, Compressed.Bytes(encoding, body), chunked);
            if (over == 0)
            {
                reply.IsOk();
            }
            else
            {
                reply.IsError(HttpStatusCode.RequestEntityTooLarge, "The body is larger than 65536 bytes; send less at a time");
            }
        }
    }

    [Fact]
    public async Task A_body_that_cannot_be_made_smaller_may_be_as_large_as_any_other()
    {
        // Digits at random: compressed without compression, the body grows beyond the limit.
        var filler = string.Concat(Enumerable.Range(0, 7_000).Select(_ => Random.Shared.Next(100_000_000, 999_999_999)));
        var body = Encoding.UTF8.GetBytes(("""{"glue_user_id":"a","event":"e","properties":{"x":" """ + filler + "\"}}").PadRight(Limit));
        var stored = Compressed.Bytes("gzip", body, CompressionLevel.NoCompression);
        Assert.True(stored.Length > Limit, "the test needs a body that grows");

        (await PostAsync("gzip", stored)).IsOk();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_bomb_is_stopped_at_the_limit(string encoding)
    {
        var bomb = Compressed.Bytes(encoding, new byte[200 * 1024 * 1024]);
        Assert.True(bomb.Length < 400_000);

        foreach (var path in new[] { "/glue/track", "/glue/batch" })
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(encoding, bomb, path: path)).Status);
        }
    }

    [Theory]
    [InlineData(-1_000, HttpStatusCode.BadRequest)]
    [InlineData(4_000, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_that_comes_to_nothing_ends_at_twice_the_limit(int more, HttpStatusCode status)
    {
        // Empty blocks of deflate, without end: nothing ever comes out.
        var endless = new byte[] { 0x78, 0x9C }.Concat(Enumerable.Repeat(new byte[] { 0, 0, 0, 0xFF, 0xFF }, (2 * Limit / 5) + more).SelectMany(block => block)).ToArray();

        Assert.Equal(status, (await PostAsync("deflate", endless, chunked: true)).Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_body_that_is_not_what_it_says_is_a_400(string encoding)
    {
        (await PostAsync(encoding, Encoding.UTF8.GetBytes(Track))).IsError(HttpStatusCode.BadRequest, Corrupt);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(encoding, [])).Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_body_that_ends_early_is_a_400_and_stores_nothing(string encoding)
    {
        var whole = Compressed.Bytes(encoding, Encoding.UTF8.GetBytes(Track));
        for (var length = 1; length < whole.Length; length++)
        {
            // Behind the last byte of the JSON stand only the end of the stream and a checksum, whose absence some decompressors forgive.
            var reply = await PostAsync(encoding, whole[..length]);
            Assert.True(reply.Status == HttpStatusCode.BadRequest || length > whole.Length - 10, $"{length} of {whole.Length}: {reply.Status}");
        }
    }

    public void Dispose() => app.Dispose();

    // Gives the header of gzip a name of such a length that all of it has this length.
    private static byte[] Named(byte[] gzip, int length)
    {
        Assert.True(gzip.Length < length, $"{gzip.Length} bytes");
        byte[] head = [.. gzip[..3], 0x08, .. gzip[4..10]];
        return [.. head, .. Enumerable.Repeat((byte)'n', length - gzip.Length - 1), 0, .. gzip[10..]];
    }

    private async Task<Reply> PostAsync(string encoding, byte[] body, bool chunked = false, string path = "/glue/track")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, app.Address(path)) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return await Reply.ReadAsync(await app.Client.SendAsync(request));
    }
}
