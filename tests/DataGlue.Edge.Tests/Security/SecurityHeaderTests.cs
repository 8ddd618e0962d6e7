using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Security;

public sealed class SecurityHeaderTests : IDisposable
{
    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private readonly ServerApp app = new(("RATE_LIMIT", "6"), ("ALLOWED_ORIGINS", "https://shop.example"));

    [Fact]
    public async Task Every_reply_has_them_whatever_raised_it()
    {
        Reply[] replies =
        [
            await app.TrackAsync(Track),
            await app.GetAsync("/glue/user/a"),
            await app.TrackAsync("{"),
            await app.SendAsync("POST", "/glue/track", Track, ("Origin", "https://elsewhere.example")),
            await app.SendAsync("GET", "/glue/user/a", null, ("Via", "x")),
            await app.PostAsync("/glue/track", [], "text/html"),
            await app.TrackAsync(Track),
            await app.GetAsync("/nothing"),
            await app.SendAsync("PUT", "/healthz"),
            await app.GetAsync("/healthz"),
            await app.GetAsync("/readyz"),
            await app.GetAsync("/metrics"),
            await app.GetAsync("/openapi.json"),
            await app.SendAsync("OPTIONS", "/glue/track", null, ("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")),
        ];

        Assert.Equal(
            [200, 200, 400, 403, 401, 415, 429, 404, 405, 200, 200, 200, 200, 204],
            replies.Select(reply => (int)reply.Status));
        foreach (var reply in replies)
        {
            Assert.Equal("nosniff", reply.Header("X-Content-Type-Options"));
            Assert.Equal("no-referrer", reply.Header("Referrer-Policy"));
            Assert.Equal("no-store", reply.Header("Cache-Control"));
            Assert.Null(reply.Header("Server"));
            Assert.Null(reply.Header("X-Powered-By"));
        }
    }

    [Fact]
    public async Task Who_may_not_read_learns_by_which_header_to_prove_it()
    {
        var reply = await app.SendAsync("GET", "/glue/user/a", null, ("Via", "x"));

        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        Assert.Equal("ApiKey header=\"x-api-key\"", reply.Header("WWW-Authenticate"));
    }

    public void Dispose() => app.Dispose();
}
