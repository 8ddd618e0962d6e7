using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Http;

/// <summary>A body that comes whole is read where it lies, one that comes in parts is put together: nobody can tell the two apart.</summary>
public sealed class RequestBodyTests : IDisposable
{
    private readonly ServerApp app = new();

    [Theory]
    [InlineData(100, 100, false)]
    [InlineData(100, 7, false)]
    [InlineData(100, 1, true)]
    [InlineData(4_095, 4_000, false)]
    [InlineData(4_096, 2_048, true)]
    [InlineData(4_097, 4_096, false)]
    [InlineData(65_536, 65_536, false)]
    [InlineData(65_536, 20_000, true)]
    [InlineData(65_536, 65_535, false)]
    public async Task A_body_in_parts_is_one_body(int size, int part, bool chunked)
    {
        var body = Body(size);

        var reply = await ExchangeAsync(Head(body.Length, chunked), Parts(body, part, chunked));

        Assert.StartsWith("HTTP/1.1 200 ", reply, StringComparison.Ordinal);
        var stored = (await app.UserAsync("a")).Json["events"]![0]!["properties"]!["text"]!;
        Assert.Equal(size - Body(0).Length, ((string)stored!).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_byte_too_many_is_a_413_however_it_comes(bool chunked)
    {
        var body = Body(65_537);

        var reply = await ExchangeAsync(Head(body.Length, chunked), Parts(body, 30_000, chunked));

        Assert.StartsWith("HTTP/1.1 413 ", reply, StringComparison.Ordinal);
        Assert.Empty(app.Query("SELECT 1 FROM events"));
    }

    [Fact]
    public async Task Requests_behind_one_another_on_a_connection_are_each_answered()
    {
        const string good = """{"glue_user_id":"a","event":"good"}""";
        var requests = string.Concat(
            Request(good), Request("not json"), Request(good), Request(""), Request("[]"), Request(good).Replace("Host: x", "Host: x\r\nConnection: close", StringComparison.Ordinal));

        var replies = await ExchangeAsync("", [Encoding.UTF8.GetBytes(requests)]);

        Assert.Equal(
            ["200", "400", "200", "400", "400", "200"],
            replies.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries).Select(reply => reply[..3]));
        Assert.Equal(["3"], app.Query("SELECT count(*) FROM events"));
    }

    [Theory]
    [InlineData("plain-id_1")]
    [InlineData("with \"quotes\" and \\ backslash")]
    [InlineData("ключ é 😀")]
    [InlineData("</script>&'<")]
    public async Task An_id_comes_back_as_it_was_sent(string id)
    {
        var track = await app.TrackAsync(new JsonObject { ["glue_user_id"] = "a", ["event"] = "e", ["event_id"] = id }.ToJsonString());
        var identify = await app.IdentifyAsync(new JsonObject { ["glue_user_id"] = id, ["email"] = "a@example.com" }.ToJsonString());

        Assert.Equal(id, (string?)track.IsOk().Json["event_id"]);
        Assert.Equal(id, (string?)identify.IsOk().Json["user_id"]);
        Assert.Equal(Encoding.UTF8.GetByteCount(track.Body), track.Message.Content.Headers.ContentLength);
    }

    public void Dispose() => app.Dispose();

    private static string Request(string body) => Head(body.Length, chunked: false).Replace("Connection: close\r\n", "", StringComparison.Ordinal) + body;

    private static string Head(int length, bool chunked) =>
        "POST /glue/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {length}\r\n\r\n");

    // A track of exactly so many bytes, or of as few as it can have.
    private static string Body(int size)
    {
        const string head = "{\"glue_user_id\":\"a\",\"event\":\"e\",\"properties\":{\"text\":\"";
        const string tail = "\"}}";
        return head + new string('x', Math.Max(0, size - head.Length - tail.Length)) + tail;
    }

    private static IEnumerable<byte[]> Parts(string body, int size, bool chunked)
    {
        foreach (var part in body.Chunk(size).Select(characters => new string(characters)))
        {
            yield return Encoding.UTF8.GetBytes(chunked ? $"{part.Length:x}\r\n{part}\r\n" : part);
        }

        if (chunked)
        {
            yield return "0\r\n\r\n"u8.ToArray();
        }
    }

    private async Task<string> ExchangeAsync(string head, IEnumerable<byte[]> parts)
    {
        using var socket = new TcpClient("127.0.0.1", app.Address("/").Port) { NoDelay = true };
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head));
        foreach (var part in parts)
        {
            await stream.WriteAsync(part);
            await Task.Delay(2);
        }

        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
