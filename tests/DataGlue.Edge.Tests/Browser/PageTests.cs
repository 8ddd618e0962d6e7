using System.Globalization;
using System.Net;
using DataGlue.Edge.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataGlue.Edge.Tests.Browser;

/// <summary>What a page of another origin can do in a real browser: it posts in every way there is, and reads nothing.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private const string Key = "a-key-of-the-owner-0123456789";

    private const string WriteKey = "a-key-of-the-pages-0123456789";

    // Each posts `body` to `url`, and returns what the page learns of it.
    private static readonly Dictionary<string, string> Ways = new()
    {
        ["fetch, JSON"] = "return await told(fetch(url, {method: 'POST', headers: {'Content-Type': 'application/json'}, body}))",
        ["fetch, text"] = "return await told(fetch(url, {method: 'POST', body}))",
        ["fetch, a blob without a type"] = "return await told(fetch(url, {method: 'POST', body: new Blob([body])}))",
        ["fetch, keepalive"] = "return await told(fetch(url, {method: 'POST', keepalive: true, headers: {'Content-Type': 'application/json'}, body}))",
        ["fetch, credentials, JSON"] = "return await told(fetch(url, {method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/json'}, body}))",
        ["fetch, credentials, text"] = "return await told(fetch(url, {method: 'POST', credentials: 'include', body}))",
        ["fetch, no-cors"] = "return await told(fetch(url, {method: 'POST', mode: 'no-cors', body}))",
        ["XMLHttpRequest, credentials"] =
            "return await new Promise(done => { const x = new XMLHttpRequest(); x.open('POST', url); x.withCredentials = true; x.setRequestHeader('Content-Type', 'application/json');"
            + " x.onload = () => done(x.status + ' ' + JSON.parse(x.response).success + ' ' + (new Date(x.getResponseHeader('Date')) > 0)); x.onerror = () => done('failed'); x.send(body) })",
        ["beacon, text"] = "return navigator.sendBeacon(url, body)",
        ["beacon, JSON in a blob"] = "return navigator.sendBeacon(url, new Blob([body], {type: 'application/json'}))",
        ["fetch, gzip"] =
            "const zipped = await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();"
            + " return await told(fetch(url, {method: 'POST', headers: {'Content-Type': 'application/json', 'Content-Encoding': 'gzip'}, body: zipped}))",
    };

    private WebApplication pages = null!;
    private Chromium browser = null!;
    private ServerApp? app;
    private int port;

    public static TheoryData<string, string> Pages => new() { { "*", "localhost" }, { "*", "127.0.0.1" }, { "named", "localhost" }, { "named", "127.0.0.1" } };

    public async ValueTask InitializeAsync()
    {
        Chromium.SkipWithout();
        port = ServerApp.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}", $"http://[::1]:{port}");
        pages = builder.Build();
        pages.Run(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<!doctype html><title>page</title>");
        });
        await pages.StartAsync();
        browser = await Chromium.StartAsync();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_way_of_posting_arrives_whole(string origins, string host)
    {
        Start(("API_KEY", origins == "*" ? "" : Key), ("ALLOWED_ORIGINS", origins == "*" ? "*" : $"https://shop.example,{OriginOf(host)}"));
        var page = await browser.OpenAsync(OriginOf(host) + "/");

        // A cookie has no port: this one is sent to the server as well.
        await page.RunAsync("document.cookie = 'lang=français'");
        foreach (var (way, script) in Ways)
        {
            var told = await PostAsync(page, way, script);

            // Of a beacon the page learns only that it was sent, and without CORS nothing.
            var isBeacon = way.StartsWith("beacon", StringComparison.Ordinal);
            Assert.Equal((way, isBeacon ? "true" : way.EndsWith("no-cors", StringComparison.Ordinal) ? "0 opaque" : "200 true true"), (way, told));
            await ArrivesAsync(way);
        }
    }

    [Fact]
    public async Task A_page_learns_the_error_of_its_post_and_how_long_to_wait()
    {
        Start(("RATE_LIMIT", "2"));
        var page = await browser.OpenAsync(OriginOf("localhost") + "/");
        const string Post = "const r = await fetch(url, {method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/json'}, body: '{}'}); return r.status + (await r.json()).error + r.headers.get('Retry-After')";

        Assert.Equal("400glue_user_id and event are required; glue_user_id and event are missingnull", await page.RunAsync(UrlOf("/glue/track") + Post));
        await page.RunAsync(UrlOf("/glue/track") + Post);
        Assert.Matches("^429More than 2 requests in a minute from this address; wait as long as Retry-After says[0-9]+$", await page.RunAsync(UrlOf("/glue/track") + Post));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task A_page_of_an_origin_that_is_not_listed_posts_nothing(string host)
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", "https://shop.example"));
        var page = await browser.OpenAsync(OriginOf(host) + "/");

        foreach (var (way, script) in Ways)
        {
            var told = await PostAsync(page, way, script);
            Assert.Equal((way, way.StartsWith("beacon", StringComparison.Ordinal) ? "true" : way.EndsWith("no-cors", StringComparison.Ordinal) ? "0 opaque" : way.StartsWith("XML", StringComparison.Ordinal) ? "failed" : "throws TypeError"), (way, told));
        }

        // What was sent before this is there as well.
        (await app!.SendAsync("POST", "/glue/track", """{"glue_user_id":"last","event":"e"}""", ("x-api-key", Key))).IsOk();
        Assert.Equal(["last"], app.Query("SELECT glue_user_id FROM users"));
    }

    [Fact]
    public async Task A_frame_in_a_sandbox_has_no_origin_and_posts_with_a_write_key_alone()
    {
        Start(("API_KEY", Key), ("WRITE_KEYS", WriteKey), ("ALLOWED_ORIGINS", OriginOf("localhost")));
        var page = await browser.OpenAsync(OriginOf("localhost") + "/");

        Assert.Equal("null 200 true", await InSandboxAsync(page, "framed", $", 'x-api-key': '{WriteKey}'"));
        Assert.Equal("null 403 false", await InSandboxAsync(page, "keyless", ""));
        Assert.Equal("null 401 false", await InSandboxAsync(page, "guess", ", 'x-api-key': 'guess'"));
        Assert.Equal(["framed"], app!.Query("SELECT glue_user_id FROM users"));
    }

    [Theory]
    [InlineData("", "localhost")]
    [InlineData("", "127.0.0.1")]
    [InlineData(Key, "localhost")]
    [InlineData(Key, "127.0.0.1")]
    public async Task A_page_reads_nothing_in_no_way(string key, string host)
    {
        Start(("API_KEY", key), ("WRITE_KEYS", WriteKey), ("ALLOWED_ORIGINS", OriginOf(host)));
        (await app!.SendAsync("POST", "/glue/track", """{"glue_user_id":"a","event":"secret"}""", ("Origin", OriginOf(host)))).IsOk();
        var page = await browser.OpenAsync(OriginOf(host) + "/");

        foreach (var path in new[] { "/glue/user/a", "/glue/user/email/a@example.com", "/glue/outbox", "/metrics" })
        {
            foreach (var options in new[] { "{}", "{credentials: 'include'}", $"{{headers: {{'x-api-key': '{key}'}}}}", $"{{headers: {{'x-api-key': '{WriteKey}'}}}}", "{method: 'DELETE'}", "{method: 'PUT'}" })
            {
                Assert.Equal("throws TypeError", await page.RunAsync($"{UrlOf(path)} return await (await fetch(url, {options})).text()"));
            }

            Assert.Equal("0 opaque ", await page.RunAsync($"{UrlOf(path)} const r = await fetch(url, {{mode: 'no-cors'}}); return r.status + ' ' + r.type + ' ' + await r.text()"));
            Assert.Equal("refused", await page.RunAsync(UrlOf(path) + "return await new Promise(done => { const s = document.createElement('script'); s.src = url; s.onload = () => done('ran'); s.onerror = () => done('refused'); document.head.append(s) })"));
            Assert.Equal("throws SecurityError", await page.RunAsync(UrlOf(path) + "const f = document.createElement('iframe'); f.src = url; document.body.append(f); await new Promise(done => f.onload = done); return f.contentWindow.document.body.innerText"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        app?.Dispose();
        if (browser is not null)
        {
            await browser.DisposeAsync();
            await pages.DisposeAsync();
        }
    }

    private void Start(params (string Name, string Value)[] settings) => app = new ServerApp(settings);

    private string OriginOf(string host) => string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}");

    private string UrlOf(string path) => $"const url = '{app!.Address(path)}';";

    private Task<string> PostAsync(Chromium.Page page, string user, string script) => page.RunAsync(
        $$"""
        const told = async reply => { const r = await reply; return r.type === 'opaque' ? r.status + ' opaque' : r.status + ' ' + (await r.json()).success + ' ' + (new Date(r.headers.get('Date')) > 0) };
        {{UrlOf("/glue/track")}} const body = JSON.stringify({glue_user_id: '{{user}}', event: 'posted', properties: {emoji: '😀', text: 'x'.repeat(1000)} }); {{script}}
        """);

    private async Task ArrivesAsync(string user)
    {
        Reply reply = null!;
        await Poll.UntilAsync(async () =>
        {
            reply = await app!.SendAsync("GET", "/glue/user/" + Uri.EscapeDataString(user), null, ("x-api-key", Key));
            return reply.Status == HttpStatusCode.OK && reply.Json["events"]!.AsArray().Count > 0;
        });
        var row = Assert.Single(reply.Json["events"]!.AsArray())!;
        Assert.Equal(("posted", "😀", 1000), ((string?)row["event"], (string?)row["properties"]!["emoji"], ((string)row["properties"]!["text"]!).Length));
    }

    // What a frame with scripts and no origin tells its page: its origin, the status, and whether it was taken.
    private Task<string> InSandboxAsync(Chromium.Page page, string user, string header) => page.RunAsync(
        $$"""
        {{UrlOf("/glue/track")}}
        const script = `fetch('${url}', {method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/json'{{header}} }, body: JSON.stringify({glue_user_id: '{{user}}', event: 'e'}) })
          .then(async r => parent.postMessage(self.origin + ' ' + r.status + ' ' + (await r.json()).success, '*'), e => parent.postMessage('throws ' + e.name, '*'))`;
        const frame = document.createElement('iframe');
        frame.sandbox = 'allow-scripts';
        frame.srcdoc = '<script>' + script + '<\/script>';
        const told = new Promise(done => addEventListener('message', event => done(event.data), {once: true}));
        document.body.append(frame);
        return await told;
        """);
}
