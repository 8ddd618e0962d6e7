using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Security;

public sealed class CrossOriginTests : IDisposable
{
    private const string Shop = "https://shop.example";

    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private static readonly string[] Posts = ["/glue/identify", "/glue/track", "/glue/sync", "/glue/batch"];

    private ServerApp? app;

    [Fact]
    public async Task A_preflight_of_a_listed_origin_allows_the_post_alone_and_may_be_kept()
    {
        app = new ServerApp(("API_KEY", "a-key-of-the-owner"), ("ALLOWED_ORIGINS", Shop));

        foreach (var path in Posts)
        {
            var reply = await PreflightAsync(path, Shop, "POST");

            Assert.Equal(HttpStatusCode.NoContent, reply.Status);
            Assert.Equal(Shop, reply.Header("Access-Control-Allow-Origin"));
            Assert.Equal("POST", reply.Header("Access-Control-Allow-Methods"));
            Assert.Equal("content-type,content-encoding", reply.Header("Access-Control-Allow-Headers"));
            Assert.Equal("86400", reply.Header("Access-Control-Max-Age"));
            Assert.Contains("Origin", reply.Header("Vary"), StringComparison.Ordinal);
            Assert.Equal("true", reply.Header("Access-Control-Allow-Credentials"));
        }
    }

    [Fact]
    public async Task A_preflight_of_another_origin_allows_nothing()
    {
        app = new ServerApp(("ALLOWED_ORIGINS", Shop));

        Assert.Null((await PreflightAsync("/glue/track", "https://elsewhere.example", "POST")).Header("Access-Control-Allow-Origin"));
        Assert.Null((await PreflightAsync("/glue/track", "null", "POST")).Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/glue/user/a", "GET")]
    [InlineData("/glue/user/email/a@example.com", "GET")]
    [InlineData("/glue/user/account/a", "GET")]
    [InlineData("/glue/identifications/a", "DELETE")]
    [InlineData("/glue/user/a", "DELETE")]
    [InlineData("/glue/track", "GET")]
    [InlineData("/glue/track", "DELETE")]
    [InlineData("/metrics", "GET")]
    public async Task A_preflight_of_anything_else_has_no_cors_headers(string path, string method)
    {
        app = new ServerApp(("API_KEY", "a-key-of-the-owner"), ("ALLOWED_ORIGINS", Shop));

        HasNoCorsHeaders(await PreflightAsync(path, Shop, method));
    }

    [Fact]
    public async Task Reads_have_no_cors_headers_at_all()
    {
        app = new ServerApp();
        (await app.TrackAsync(Track)).IsOk();
        HasNoCorsHeaders(await app.SendAsync("GET", "/glue/user/a", null, ("Origin", Shop)));
        app.Dispose();

        app = new ServerApp(("API_KEY", "a-key-of-the-owner"), ("ALLOWED_ORIGINS", Shop));
        HasNoCorsHeaders(await app.SendAsync("GET", "/glue/user/a", null, ("Origin", Shop), ("x-api-key", "a-key-of-the-owner")));
        HasNoCorsHeaders(await app.SendAsync("GET", "/metrics", null, ("Origin", Shop), ("x-api-key", "a-key-of-the-owner")));
    }

    [Theory]
    [InlineData(200, Track)]
    [InlineData(400, "{")]
    [InlineData(409, """{"glue_user_id":"b","event":"e","event_id":"of-a"}""")]
    [InlineData(413, "large")]
    [InlineData(415, Track, "Content-Encoding", "zstd")]
    [InlineData(401, Track, "x-api-key", "wrong")]
    public async Task Every_reply_to_a_post_lets_the_page_read_it(int status, string body, string? header = null, string? value = null)
    {
        app = new ServerApp(("API_KEY", "a-key-of-the-owner"), ("ALLOWED_ORIGINS", Shop));
        (await app.SendAsync("POST", "/glue/track", """{"glue_user_id":"a","event":"e","event_id":"of-a"}""", ("Origin", Shop))).IsOk();

        var sent = body == "large" ? new string(' ', 70_000) : body;
        var reply = header is null
            ? await app.SendAsync("POST", "/glue/track", sent, ("Origin", Shop))
            : await app.SendAsync("POST", "/glue/track", sent, ("Origin", Shop), (header, value!));

        Assert.Equal(status, (int)reply.Status);
        Assert.Equal(Shop, reply.Header("Access-Control-Allow-Origin"));
        Assert.Equal("true", reply.Header("Access-Control-Allow-Credentials"));
        Assert.Equal("Date,Retry-After", reply.Header("Access-Control-Expose-Headers"));
        Assert.Contains("Origin", reply.Header("Vary"), StringComparison.Ordinal);
        Assert.NotNull(reply.Header("Date"));
    }

    [Theory]
    [InlineData(Shop)]
    [InlineData("null")]
    [InlineData("http://localhost:8080")]
    public async Task A_star_names_every_origin_since_credentials_want_a_name(string origin)
    {
        app = new ServerApp();

        foreach (var reply in new[] { (await app.SendAsync("POST", "/glue/track", Track, ("Origin", origin))).IsOk(), await PreflightAsync("/glue/track", origin, "POST") })
        {
            Assert.Equal(origin, reply.Header("Access-Control-Allow-Origin"));
            Assert.Equal("true", reply.Header("Access-Control-Allow-Credentials"));
            Assert.Contains("Origin", reply.Header("Vary"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task With_write_keys_each_origin_may_try_since_a_preflight_shows_no_key()
    {
        app = new ServerApp(("API_KEY", "a-key-of-the-owner"), ("WRITE_KEYS", "a-key-for-pages"), ("ALLOWED_ORIGINS", Shop));

        foreach (var origin in new[] { "null", "https://elsewhere.example", Shop })
        {
            Assert.Equal(origin, (await PreflightAsync("/glue/track", origin, "POST")).Header("Access-Control-Allow-Origin"));
            var reply = await app.SendAsync("POST", "/glue/track", Track, ("Origin", origin), ("x-api-key", "a-key-for-pages"));
            Assert.Equal(origin, reply.IsOk().Header("Access-Control-Allow-Origin"));
        }

        // Without the key the door is as it was, and a page may read that it was refused.
        var refused = await app.SendAsync("POST", "/glue/track", Track, ("Origin", "https://elsewhere.example"));
        Assert.Equal((HttpStatusCode.Forbidden, "https://elsewhere.example"), (refused.Status, refused.Header("Access-Control-Allow-Origin")));
        HasNoCorsHeaders(await PreflightAsync("/glue/user/a", "null", "GET"));
    }

    [Fact]
    public async Task A_preflight_is_never_limited_and_the_429_after_it_can_be_read()
    {
        app = new ServerApp(("RATE_LIMIT", "1"), ("ALLOWED_ORIGINS", Shop));
        (await app.SendAsync("POST", "/glue/track", Track, ("Origin", Shop))).IsOk();

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.NoContent, (await PreflightAsync("/glue/track", Shop, "POST")).Status);
        }

        var limited = await app.SendAsync("POST", "/glue/track", Track, ("Origin", Shop));
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.Status);
        Assert.Equal(Shop, limited.Header("Access-Control-Allow-Origin"));
    }

    public void Dispose() => app?.Dispose();

    private static void HasNoCorsHeaders(Reply reply) =>
        Assert.DoesNotContain(reply.Message.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));

    private Task<Reply> PreflightAsync(string path, string origin, string method) => app!.SendAsync(
        "OPTIONS", path, null, ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "content-type,content-encoding"));
}
