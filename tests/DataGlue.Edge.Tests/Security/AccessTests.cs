using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Security;

/// <summary>Who may do what: each sentence of it, and the attack on it.</summary>
public sealed class AccessTests : IDisposable
{
    private const string Key = "the-first-key-of-the-owner";

    private const string NextKey = "the-next-key-of-the-owner~!";

    private const string Shop = "https://shop.example";

    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private const string NeedsKey = "This needs a key; send it in the header x-api-key";

    private const string WrongKey = "The key in x-api-key is not one of this server's; send one that is";

    private const string OtherOrigin = "Pages of this origin may not call this server; add the origin to ALLOWED_ORIGINS";

    private const string NeedsKeySet =
        "Without a key this is answered only to the server's own machine; set API_KEY there, and send it in the header x-api-key";

    private ServerApp? app;

    public static TheoryData<string, string> GlueCalls => new()
    {
        { "POST", "/glue/identify" },
        { "POST", "/glue/track" },
        { "POST", "/glue/sync" },
        { "POST", "/glue/batch" },
        { "POST", "//glue//track/" },
        { "POST", "/GLUE/Track" },
        { "POST", "/gl%75e/tr%61ck" },
        { "GET", "/glue/user/a" },
        { "GET", "/glue/user/email/a@example.com" },
        { "GET", "/glue/user/account/a" },
        { "DELETE", "/glue/identifications/a" },
        { "DELETE", "/glue/user/a" },
        { "DELETE", "/glue/user/email/a@example.com" },
        { "DELETE", "/glue/user/account/a" },
        { "GET", "/metrics" },
    };

    [Theory]
    [MemberData(nameof(GlueCalls))]
    public async Task With_a_key_set_every_glue_call_needs_it(string method, string path)
    {
        Start(("API_KEY", Key));

        (await app!.SendAsync(method, path, BodyOf(method))).IsError(HttpStatusCode.Unauthorized, NeedsKey);

        Assert.Empty(app.Contents());
        Assert.NotEqual(HttpStatusCode.Unauthorized, (await app.SendAsync(method, path, BodyOf(method), ("x-api-key", Key))).Status);
    }

    [Theory]
    [InlineData("GET", "/glue/track", 405)]
    [InlineData("PUT", "/glue/track", 405)]
    [InlineData("PUT", "/glue/user/a", 405)]
    [InlineData("OPTIONS", "/glue/track", 405)]
    [InlineData("GET", "/glue/nothing", 404)]
    [InlineData("GET", "/glue", 404)]
    [InlineData("POST", "/nothing", 404)]
    public async Task What_does_not_exist_is_told_to_whoever_asks(string method, string path, int status)
    {
        foreach (var key in new[] { "", Key })
        {
            Start(("API_KEY", key), ("ALLOWED_ORIGINS", Shop));
            (string, string)[][] callers = [[], [("Origin", "https://elsewhere.example")], [("X-Forwarded-For", "192.0.2.1")]];
            foreach (var headers in callers)
            {
                var reply = await app!.SendAsync(method, path, BodyOf(method), headers);
                Assert.Equal(status, (int)reply.Status);
                Assert.Equal(status == 405, reply.Message.Content.Headers.Allow.Count > 0);
            }
        }
    }

    [Theory]
    [MemberData(nameof(GlueCalls))]
    [InlineData("GET", "/glue/track")]
    [InlineData("GET", "/glue/nothing")]
    [InlineData("GET", "/nothing")]
    public async Task A_wrong_key_is_always_a_401(string method, string path)
    {
        Start(("API_KEY", $"{Key},{NextKey}"), ("ALLOWED_ORIGINS", Shop));

        foreach (var origin in new[] { Shop, "https://elsewhere.example", "null" })
        {
            (await app!.SendAsync(method, path, BodyOf(method), ("x-api-key", "guess"), ("Origin", origin))).IsError(HttpStatusCode.Unauthorized, WrongKey);
        }

        Assert.Empty(app!.Contents());
    }

    [Theory]
    [InlineData("")]
    [InlineData("the-first-key-of-the-owne")]
    [InlineData("the-first-key-of-the-owner1")]
    [InlineData("The-first-key-of-the-owner")]
    [InlineData("the-first-key-of-the-owner,the-next-key-of-the-owner~!")]
    [InlineData(",")]
    [InlineData("the-first-key-of-the-owner\0")]
    [InlineData("thé-first-key-of-the-owner")]
    public async Task What_is_nearly_a_key_is_none(string guess)
    {
        Start(("API_KEY", $"{Key},{NextKey}"));

        foreach (var sent in new[] { guess, guess.PadRight(300, 'x') })
        {
            // What no header may hold, a NUL, is a 400 before anything is asked.
            Assert.Equal(sent.Contains('\0', StringComparison.Ordinal) ? 400 : 401, await RawStatusAsync("GET", "/glue/user/a", $"x-api-key: {sent}"));
        }
    }

    [Fact]
    public async Task Two_keys_in_one_request_are_none()
    {
        Start(("API_KEY", $"{Key},{NextKey}"));

        Assert.Equal(401, await RawStatusAsync("GET", "/glue/user/a", $"x-api-key: {Key}\r\nx-api-key: {NextKey}"));
    }

    [Theory]
    [InlineData(Key)]
    [InlineData(NextKey)]
    public async Task Several_keys_hold_at_once(string key)
    {
        Start(("API_KEY", $" {Key} , {NextKey} "));

        (await app!.SendAsync("POST", "/glue/track", Track, ("x-api-key", key))).IsOk();
        (await app.SendAsync("GET", "/glue/user/a", null, ("X-API-Key", key))).IsOk();
    }

    [Fact]
    public async Task A_key_of_the_greatest_length_holds_and_one_of_its_ends_does_not()
    {
        var longest = new string('k', 256);
        Start(("API_KEY", longest));

        (await app!.SendAsync("GET", "/glue/user/a", null, ("x-api-key", longest))).IsError(HttpStatusCode.NotFound, "User not found");
        (await app.SendAsync("GET", "/glue/user/a", null, ("x-api-key", longest + "k"))).IsError(HttpStatusCode.Unauthorized, WrongKey);
        (await app.SendAsync("GET", "/glue/user/a", null, ("x-api-key", longest[1..]))).IsError(HttpStatusCode.Unauthorized, WrongKey);
    }

    [Theory]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"a@example.com"}""")]
    [InlineData("/glue/track", Track)]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{}}""")]
    [InlineData("/glue/batch", """{"batch":[]}""")]
    public async Task A_page_of_a_named_origin_posts_without_the_key(string path, string body)
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", $"https://other.example, {Shop}"));

        (await app!.SendAsync("POST", path, body, ("Origin", Shop))).IsOk();
        (await app.SendAsync("POST", path, body, ("Origin", Shop), ("x-api-key", ""))).IsOk();
        (await app.SendAsync("POST", path, body)).IsError(HttpStatusCode.Unauthorized, NeedsKey);
    }

    [Theory]
    [InlineData("GET", "/glue/user/a")]
    [InlineData("GET", "/glue/user/email/a@example.com")]
    [InlineData("GET", "/metrics")]
    public async Task A_page_of_a_named_origin_reads_nothing_without_the_key(string method, string path)
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", Shop));

        (await app!.SendAsync(method, path, null, ("Origin", Shop))).IsError(HttpStatusCode.Unauthorized, NeedsKey);
    }

    [Fact]
    public async Task A_star_is_not_a_name()
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", "*"));

        foreach (var origin in new[] { Shop, "*", "null" })
        {
            (await app!.SendAsync("POST", "/glue/track", Track, ("Origin", origin))).IsError(HttpStatusCode.Unauthorized, NeedsKey);
        }
    }

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("http://shop.example")]
    [InlineData("https://shop.example:8443")]
    [InlineData("https://shop.example.evil.example")]
    [InlineData("https://evil-shop.example")]
    [InlineData("https://a.shop.example")]
    [InlineData("https://SHOP.example")]
    [InlineData("https://shop.example/")]
    [InlineData("https://shop.example, https://elsewhere.example")]
    public async Task Any_other_origin_is_a_403_key_or_not(string origin)
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", Shop));

        (await app!.SendAsync("POST", "/glue/track", Track, ("Origin", origin))).IsError(HttpStatusCode.Forbidden, OtherOrigin);
        (await app.SendAsync("POST", "/glue/track", Track, ("Origin", origin), ("x-api-key", Key))).IsError(HttpStatusCode.Forbidden, OtherOrigin);
        (await app.SendAsync("GET", "/glue/user/a", null, ("Origin", origin), ("x-api-key", Key))).IsError(HttpStatusCode.Forbidden, OtherOrigin);
        Assert.Empty(app.Contents());
    }

    [Fact]
    public async Task Origins_count_without_a_key_too()
    {
        Start(("ALLOWED_ORIGINS", Shop));

        (await app!.SendAsync("POST", "/glue/track", Track, ("Origin", "https://elsewhere.example"))).IsError(HttpStatusCode.Forbidden, OtherOrigin);
        (await app.SendAsync("POST", "/glue/track", Track, ("Origin", Shop))).IsOk();
        (await app.SendAsync("POST", "/glue/track", Track)).IsOk();
    }

    [Theory]
    [InlineData("https://Shop.Example/", "https://shop.example")]
    [InlineData("https://shop.example:443", "https://shop.example")]
    [InlineData("http://shop.example:8080", "http://shop.example:8080")]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("http://[::1]:3000", "http://[::1]:3000")]
    [InlineData("capacitor://localhost", "capacitor://localhost")]
    public async Task An_origin_may_be_set_as_people_write_it(string setting, string origin)
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", setting));

        (await app!.SendAsync("POST", "/glue/track", Track, ("Origin", origin))).IsOk();
    }

    [Theory]
    [InlineData("/glue/track")]
    [InlineData("/glue/identify")]
    public async Task Without_a_key_posts_are_open_to_everyone(string path)
    {
        Start();

        (await app!.SendAsync("POST", path, """{"glue_user_id":"a","event":"e","email":"a@example.com"}""", ("Origin", "null"), ("X-Forwarded-For", "192.0.2.1"))).IsOk();
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1234")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.1:3000")]
    [InlineData("[::1]:3000")]
    public async Task Without_a_key_this_machine_reads(string host)
    {
        Start();

        foreach (var path in new[] { "/glue/user/nobody", "/glue/nothing" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await app!.SendAsync("GET", path, null, ("Host", host))).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await app!.SendAsync("GET", "/metrics", null, ("Host", host), ("Sec-Fetch-Site", "none"))).Status);
    }

    [Theory]
    [InlineData("Host", "edge.example")]
    [InlineData("Host", "localhost.example")]
    [InlineData("Host", "127.0.0.1.example:80")]
    [InlineData("Host", "192.0.2.1")]
    [InlineData("Host", "localhost.")]
    [InlineData("Host", "xn--d")]
    [InlineData("Host", "a.xn--:80")]
    [InlineData("Origin", "http://localhost:8080")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "of-a-kind-that-is-not-known")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("x-forwarded-proto", "https")]
    [InlineData("X-Forwarded-Of-A-New-Kind", "x")]
    [InlineData("X-Original-For", "127.0.0.1")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Fly-Client-IP", "127.0.0.1")]
    [InlineData("fly-region", "ams")]
    [InlineData("CF-Connecting-IP", "127.0.0.1")]
    [InlineData("cf-ray", "x")]
    public async Task Without_a_key_what_came_through_a_proxy_or_from_a_page_is_a_401_that_says_to_set_one(string header, string value)
    {
        Start();

        foreach (var path in new[] { "/glue/user/a", "/glue/user/email/a@example.com", "/metrics", "/openapi.json" })
        {
            (await app!.SendAsync("GET", path, null, (header, value))).IsError(HttpStatusCode.Unauthorized, NeedsKeySet);
        }
    }

    [Fact]
    public async Task Without_a_key_a_request_in_the_protocol_of_old_proxies_reads_nothing()
    {
        Start();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app!.Address("/").Port);
        await client.GetStream().WriteAsync("GET /glue/user/a HTTP/1.0\r\nHost: localhost\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream());

        Assert.StartsWith("HTTP/1.1 401 ", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_a_server_behind_a_proxy_answers_no_read()
    {
        Start(("TRUSTED_PROXIES", "10.0.0.0/8"));

        (await app!.GetAsync("/glue/user/a")).IsError(HttpStatusCode.Unauthorized, NeedsKeySet);
        (await app.TrackAsync(Track)).IsOk();
    }

    [Fact]
    public async Task Without_a_key_another_machine_reads_nothing()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        Assert.SkipWhen(address is null, "needs an address that is not loopback");
        Start();

        Assert.Equal(401, await RawStatusAsync("GET", "/glue/user/a", "Accept: */*", address));
        Assert.Equal(200, await RawStatusAsync("GET", "/healthz", "Accept: */*", address));
        Assert.Equal(404, await RawStatusAsync("GET", "/glue/user/a", "Accept: */*", IPAddress.Loopback));
    }

    [Fact]
    public async Task Health_is_open_to_everyone()
    {
        Start(("API_KEY", Key), ("ALLOWED_ORIGINS", Shop));

        foreach (var path in new[] { "/healthz", "/readyz" })
        {
            (await app!.SendAsync("GET", path, null, ("X-Forwarded-For", "192.0.2.1"), ("Origin", "null"), ("x-api-key", "wrong"))).IsOk();
        }
    }

    [Fact]
    public async Task With_a_key_set_what_is_not_personal_is_open()
    {
        Start(("API_KEY", Key));

        (await app!.GetAsync("/openapi.json")).IsOk();
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync("/")).Status);
    }

    public void Dispose() => app?.Dispose();

    private static string? BodyOf(string method) => method == "POST" ? Track : null;

    private void Start(params (string Name, string Value)[] settings) => app = new ServerApp(settings);

    // What HttpClient would not send, or not from there.
    private async Task<int> RawStatusAsync(string method, string path, string header, IPAddress? from = null)
    {
        var address = from ?? IPAddress.Loopback;
        using var client = new TcpClient();
        await client.ConnectAsync(address, app!.Address("/").Port);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return int.Parse((await reader.ReadLineAsync())!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
