using System.Net;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Http;

public sealed class HttpTests : IDisposable
{
    private const string NoSuchPath =
        "No such path; post to /glue/identify, /glue/track, /glue/sync or /glue/batch, or get /glue/user/{glue_user_id} or /glue/user/email/{email}";

    private const string BadType = "Content-Type must be application/json or text/plain, in UTF-8, or absent";

    private readonly ServerApp app = new();

    [Theory]
    [InlineData("/")]
    [InlineData("/glue")]
    [InlineData("/glue/user")]
    [InlineData("/glue/user/a/b")]
    [InlineData("/glue/user/email/a/b")]
    [InlineData("/glue/users/a")]
    [InlineData("/nothing/at/all?x=1")]
    public async Task An_unknown_path_is_a_404(string path) =>
        (await app.GetAsync(path)).IsError(HttpStatusCode.NotFound, NoSuchPath);

    [Theory]
    [InlineData("GET", "/glue/track", "POST")]
    [InlineData("PUT", "/glue/identify", "POST")]
    [InlineData("DELETE", "/glue/sync", "POST")]
    [InlineData("GET", "/glue/batch/", "POST")]
    [InlineData("HEAD", "/glue/track", "POST")]
    [InlineData("POST", "/glue/user/a", "DELETE, GET, HEAD")]
    [InlineData("POST", "/openapi.json", "GET, HEAD")]
    [InlineData("POST", "/metrics", "GET, HEAD")]
    [InlineData("PUT", "/glue/user/email/a", "DELETE, GET, HEAD")]
    public async Task Another_method_is_a_405_that_says_which(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), app.Address(path));

        var reply = await Reply.ReadAsync(await app.Client.SendAsync(request));

        Assert.Equal(allowed, string.Join(", ", reply.Message.Content.Headers.Allow));
        if (method == "HEAD")
        {
            Assert.Equal((HttpStatusCode.MethodNotAllowed, ""), (reply.Status, reply.Body));
            return;
        }

        reply.IsError(HttpStatusCode.MethodNotAllowed, $"Method not allowed; use {allowed}");
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("text/html")]
    public async Task Another_content_type_is_a_415(string type) =>
        (await app.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}"""u8.ToArray(), type)).IsError(
            HttpStatusCode.UnsupportedMediaType, BadType);

    [Fact]
    public async Task A_content_type_that_is_none_is_a_415()
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "json");

        (await Reply.ReadAsync(await app.Client.PostAsync(app.Address("/glue/track"), content)))
            .IsError(HttpStatusCode.UnsupportedMediaType, BadType);
    }

    [Theory]
    [InlineData("//glue/track")]
    [InlineData("/glue/track/")]
    [InlineData("///glue//track//")]
    [InlineData("/gl%75e/track")]
    public async Task Slashes_too_many_do_no_harm(string path) =>
        (await app.PostAsync(path, """{"glue_user_id":"a","event":"e"}""")).IsOk();

    [Theory]
    [InlineData("with/slash", "with%2Fslash")]
    [InlineData("with%percent", "with%25percent")]
    [InlineData("%2F", "%252F")]
    [InlineData("~25", "~25")]
    [InlineData("%41", "%2541")]
    [InlineData("a b+c", "a%20b+c")]
    [InlineData("ключ-😀", "%D0%BA%D0%BB%D1%8E%D1%87-%F0%9F%98%80")]
    [InlineData("email", "email")]
    [InlineData("email/x", "email%2Fx")]
    [InlineData("?#&=;", "%3F%23%26%3D%3B")]
    [InlineData("a//b", "a%2F%2Fb")]
    [InlineData("/", "%2F")]
    [InlineData("..", "%2E%2E")]
    [InlineData("..", "..")]
    [InlineData(".", ".")]
    [InlineData("../..", "%2E%2E%2F%2e%2e")]
    [InlineData("\"'\\", "%22'%5C")]
    public async Task An_id_in_a_path_may_hold_any_character(string id, string encoded)
    {
        var body = new System.Text.Json.Nodes.JsonObject { ["glue_user_id"] = id, ["event"] = "e" };
        (await app.TrackAsync(body.ToJsonString())).IsOk();

        foreach (var path in new[] { $"/glue/user/{encoded}", $"//glue/user/{encoded}/" })
        {
            Assert.Equal(id, (string?)(await app.GetAsync(path)).IsOk().Json["user"]!["glue_user_id"]);
        }
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/openapi.json")]
    [InlineData("/glue/outbox")]
    [InlineData("/glue/user/a")]
    [InlineData("/glue/user/a?limit=1")]
    [InlineData("/glue/user/a?limit=0")]
    [InlineData("/glue/user/nobody")]
    [InlineData("/glue/user/email/a@example.com?users_limit=1")]
    [InlineData("/glue/user/email/a@example.com?users_limit=0")]
    [InlineData("/glue/nothing")]
    public async Task HEAD_is_answered_as_GET_without_a_body(string path)
    {
        (await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).IsOk();
        (await app.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        (await app.TrackAsync("""{"glue_user_id":"a","event":"f"}""")).IsOk();

        var (head, get) = (await app.SendAsync("HEAD", path), await app.GetAsync(path));

        Assert.Equal((get.Status, ""), (head.Status, head.Body));
        Assert.Equal(Headers(get), Headers(head));
    }

    [Fact]
    public async Task HEAD_leaves_the_connection_as_it_was()
    {
        var text = "HEAD /glue/user/a HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        var replies = await RawAsync(Encoding.ASCII.GetBytes(text));

        Assert.Equal(["HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK"], replies.Split("\r\n").Where(line => line.StartsWith("HTTP/", StringComparison.Ordinal)));
        Assert.Equal(1, replies.Split("\"status\":\"alive\"").Length - 1);
    }

    [Theory]
    [InlineData("Cookie: lang=fran\u00e7ais")]
    [InlineData("Cookie: \u00ff\u0080\u00c3")]
    [InlineData("User-Agent: caf\u00e9")]
    [InlineData("Referer: https://shop.example/caf\u00e9")]
    [InlineData("X-Anything: \u00fe")]
    [InlineData("Origin: https://b\u00fccher.example")]
    [InlineData("X-Forwarded-For: \u00e9")]
    [InlineData("Sec-Fetch-Site: \u00e9")]
    [InlineData("x-glue-source: \u00e9")]
    [InlineData("x-glue-home: \u00e9")]
    public async Task A_header_may_hold_any_byte(string header)
    {
        const string body = """{"glue_user_id":"a","event":"e"}""";
        var reply = await RawAsync(Encoding.Latin1.GetBytes($"POST /glue/track HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", reply, StringComparison.Ordinal);
        Assert.Equal(["1"], app.Query("SELECT count(*) FROM events"));
    }

    [Theory]
    [InlineData("Content-Type: application/json; x=\u00e9", 415)]
    [InlineData("Content-Type: appl\u00efcation/json", 415)]
    [InlineData("Content-Encoding: gz\u00efp", 415)]
    [InlineData("Access-Control-Request-Headers: \u00e9", 200)]
    public async Task Where_a_header_counts_its_bytes_do(string header, int status)
    {
        const string body = """{"glue_user_id":"a","event":"e"}""";
        var reply = await RawAsync(Encoding.Latin1.GetBytes($"POST /glue/track HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));

        Assert.StartsWith($"HTTP/1.1 {status} ", reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json, application/json", 200)]
    [InlineData("application/json,application/json", 200)]
    [InlineData("application/json; charset=utf-8, application/json; charset=utf-8", 200)]
    [InlineData("application/json, text/plain", 200)]
    [InlineData("application/json,", 200)]
    [InlineData("Application/JSON", 200)]
    [InlineData("APPLICATION/JSON; CHARSET=UTF-8", 200)]
    [InlineData("application/json;charset=\"utf-8\"", 200)]
    [InlineData("application/json ; charset=utf8", 200)]
    [InlineData("application/json;", 200)]
    [InlineData("application/json; version=1; charset=utf-8", 200)]
    [InlineData("text/plain;charset=UTF-8", 200)]
    [InlineData("TEXT/PLAIN", 200)]
    [InlineData("", 200)]
    [InlineData("application/json, text/html", 415)]
    [InlineData("text/html, application/json", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/json, application/json; charset=latin1", 415)]
    [InlineData("application/jsonp", 415)]
    [InlineData("application/json text/plain", 415)]
    public async Task A_content_type_may_be_written_in_many_ways(string type, int status)
    {
        using var content = new ByteArrayContent("""{"glue_user_id":"a","event":"e"}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        Assert.Equal(status, (int)(await app.Client.PostAsync(app.Address("/glue/track"), content)).StatusCode);
    }

    public void Dispose() => app.Dispose();

    // How a body is framed is a matter of the body; a streamed one has no length beforehand.
    private static IEnumerable<string> Headers(Reply reply) => reply.Message.Headers.NonValidated.Concat(reply.Message.Content.Headers.NonValidated)
        .Where(header => header.Key is not ("Date" or "Transfer-Encoding" or "Last-Modified")).Select(header => $"{header.Key}: {header.Value}").Order();

    private async Task<string> RawAsync(byte[] request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.Address("/").Port);
        await client.GetStream().WriteAsync(request);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }
}
