using System.Net;
using System.Security.Cryptography;
using System.Text;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace DataGlue.Edge.Tests.Security;

/// <summary>Secret keys, write keys, relay keys, and hashes in place of them: what each opens.</summary>
public sealed class KeyTests : IDisposable
{
    private const string Secret = "secret-key-of-the-owner-1";

    private const string Write = "write-key-of-the-pages-1";

    private const string Relay = "relay-key-of-the-edges-1";

    private const string Shop = "https://shop.example";

    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private const string WrongKey = "The key in x-api-key is not one of this server's; send one that is";

    private const string WriteAlone = "The key in x-api-key is a write key, which opens the posts of pages alone; send a secret key";

    private const string RelayAlone = "The key in x-api-key is a relay key, which opens the relay alone; send a secret key";

    private ServerApp? app;

    // What each key gets: the secret one, a write key, a relay key, a hash as it stands in the settings.
    private static readonly (string Method, string Path, int Secret, int Write, int Relay, int Hash)[] Doors =
    [
        ("POST", "/glue/identify", 200, 200, 401, 401),
        ("POST", "/glue/track", 200, 200, 401, 401),
        ("POST", "/glue/sync", 200, 200, 401, 401),
        ("POST", "/glue/batch", 200, 200, 401, 401),
        ("POST", "/glue/relay", 200, 401, 200, 401),
        ("GET", "/glue/user/nobody", 404, 401, 401, 401),
        ("HEAD", "/glue/user/nobody", 404, 401, 401, 401),
        ("GET", "/glue/user/email/nobody@example.com", 404, 401, 401, 401),
        ("GET", "/glue/outbox", 200, 401, 401, 401),
        ("POST", "/glue/outbox/aside/all/retry", 200, 401, 401, 401),
        ("DELETE", "/glue/outbox/aside/all", 200, 401, 401, 401),
        ("DELETE", "/glue/outbox/home", 404, 401, 401, 401),
        ("GET", "/metrics", 200, 401, 401, 401),
        ("GET", "/openapi.json", 200, 200, 200, 401),
        ("GET", "/healthz", 200, 200, 200, 200),
        ("GET", "/glue/track", 405, 405, 405, 401),
        ("GET", "/glue/nothing", 404, 404, 404, 401),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_key_opens_what_it_is_for(bool hashed)
    {
        Start(hashed);
        foreach (var door in Doors)
        {
            foreach (var (key, status) in new[] { (Secret, door.Secret), (Write, door.Write), (Relay, door.Relay), (HashOf(Secret), door.Hash) })
            {
                var before = app!.Contents();
                var reply = await app.SendAsync(door.Method, door.Path, BodyOf(door.Path, door.Method), ("x-api-key", key));

                Assert.Equal((door.Method, door.Path, key, status), (door.Method, door.Path, key, (int)reply.Status));
                if (status == 401 && door.Method != "HEAD")
                {
                    Assert.Equal(key == Write ? WriteAlone : key == Relay ? RelayAlone : WrongKey, reply.Error);
                    Assert.Equal("ApiKey header=\"x-api-key\"", reply.Header("WWW-Authenticate"));
                    Assert.Equal(before, app.Contents());
                }
            }
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("https://elsewhere.example")]
    [InlineData(Shop)]
    public async Task With_a_write_key_the_origin_of_a_post_is_not_asked_and_of_anything_else_it_is(string origin)
    {
        Start(hashed: false);

        (await app!.SendAsync("POST", "/glue/track", Track, ("Origin", origin), ("x-api-key", Write))).IsOk();
        Assert.Equal(origin == Shop ? 401 : 403, (int)(await app.SendAsync("GET", "/glue/user/a", null, ("Origin", origin), ("x-api-key", Write))).Status);
        Assert.Equal(origin == Shop ? 200 : 403, (int)(await app.SendAsync("POST", "/glue/track", Track, ("Origin", origin), ("x-api-key", Secret))).Status);
        Assert.Equal(origin == Shop ? 401 : 403, (int)(await app.SendAsync("POST", "/glue/track", Track, ("Origin", origin), ("x-api-key", Relay))).Status);
    }

    [Fact]
    public async Task Keys_and_hashes_stand_in_one_list()
    {
        app = new ServerApp(("API_KEY", $"{Secret}, sha256:{HashOf("another-key-of-the-owner").ToUpperInvariant()},third-key-of-the-owner"));

        foreach (var key in new[] { Secret, "another-key-of-the-owner", "third-key-of-the-owner" })
        {
            (await app.SendAsync("GET", "/glue/outbox", null, ("x-api-key", key))).IsOk();
        }

        foreach (var key in new[] { HashOf("another-key-of-the-owner"), "sha256:" + HashOf("another-key-of-the-owner"), "another-key-of-the-owne" })
        {
            (await app.SendAsync("GET", "/glue/outbox", null, ("x-api-key", key))).IsError(HttpStatusCode.Unauthorized, WrongKey);
        }
    }

    [Fact]
    public async Task A_hashed_key_may_have_every_length_that_a_key_may_have()
    {
        var (least, most) = ("k", new string('k', 256));
        app = new ServerApp(("API_KEY", $"sha256:{HashOf(least)},sha256:{HashOf(most)},sha256:{HashOf("")},sha256:{HashOf(most + "k")}"));

        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("GET", "/glue/outbox", null, ("x-api-key", least))).Status);
        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("GET", "/glue/outbox", null, ("x-api-key", most))).Status);

        // What no list of keys may hold is none by its hash either.
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.SendAsync("GET", "/glue/outbox", null, ("x-api-key", ""))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.SendAsync("GET", "/glue/outbox", null, ("x-api-key", most + "k"))).Status);
    }

    [Fact]
    public async Task Without_a_secret_key_write_keys_leave_the_posts_open_and_reads_to_this_machine()
    {
        app = new ServerApp(("WRITE_KEYS", Write), ("ALLOWED_ORIGINS", Shop));

        (await app.TrackAsync(Track)).IsOk();
        (await app.GetAsync("/glue/user/a")).IsOk();
        (await app.SendAsync("POST", "/glue/track", Track, ("Origin", "null"), ("x-api-key", Write))).IsOk();
        Assert.Equal(HttpStatusCode.Forbidden, (await app.SendAsync("POST", "/glue/track", Track, ("Origin", "null"))).Status);
        (await app.SendAsync("GET", "/glue/user/a", null, ("x-api-key", Write))).IsError(HttpStatusCode.Unauthorized, WriteAlone);
        (await app.SendAsync("POST", "/glue/track", Track, ("x-api-key", "guess"))).IsError(HttpStatusCode.Unauthorized, WrongKey);
    }

    [Fact]
    public async Task A_write_key_is_limited_as_its_sender_and_a_relay_is_not()
    {
        Start(hashed: false, ("RATE_LIMIT", "2"));

        for (var i = 0; i < 5; i++)
        {
            (await app!.SendAsync("POST", "/glue/relay", """{"format":1,"items":[]}""", ("x-api-key", Relay))).IsOk();
        }

        (await app!.SendAsync("POST", "/glue/track", Track, ("x-api-key", Write))).IsOk();
        (await app.SendAsync("POST", "/glue/track", Track, ("x-api-key", Write))).IsOk();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await app.SendAsync("POST", "/glue/track", Track, ("x-api-key", Write))).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await app.SendAsync("POST", "/glue/track", Track, ("x-api-key", Relay))).Status);
        (await app.SendAsync("POST", "/glue/relay", """{"format":1,"items":[]}""", ("x-api-key", Relay))).IsOk();
    }

    [Theory]
    [InlineData("API_KEY", "a b", "API_KEY must be one key, or several separated by commas, each of 1 to 256 visible ASCII characters")]
    [InlineData("WRITE_KEYS", "key,", "WRITE_KEYS must be one key, or several separated by commas, each of 1 to 256 visible ASCII characters")]
    [InlineData("RELAY_KEY", "kéy", "RELAY_KEY must be one key, or several separated by commas, each of 1 to 256 visible ASCII characters")]
    [InlineData("API_KEY", "sha256:", "API_KEY must have the 64 hex digits of a key's SHA-256 behind sha256:")]
    [InlineData("API_KEY", "key,SHA256:abc", "API_KEY must have the 64 hex digits of a key's SHA-256 behind sha256:")]
    [InlineData("WRITE_KEYS", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85g", "WRITE_KEYS must have the 64 hex digits of a key's SHA-256 behind sha256:")]
    [InlineData("RELAY_KEY", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555", "RELAY_KEY must have the 64 hex digits of a key's SHA-256 behind sha256:")]
    public void An_error_names_its_setting_and_no_key(string name, string value, string sentence) => Assert.Equal(sentence, Refusal((name, value)));

    [Theory]
    [InlineData("API_KEY", Write)]
    [InlineData("RELAY_KEY", "other-key, " + Write)]
    [InlineData("API_KEY", "sha256:{0}")]
    public void A_write_key_that_is_a_secret_key_too_is_refused(string name, string value)
    {
        const string Sentence = "WRITE_KEYS must be other keys than those of API_KEY and RELAY_KEY: pages show them to everyone";
        var other = value.Replace("{0}", HashOf(Write), StringComparison.Ordinal);

        Assert.Equal(Sentence, Refusal((name, other), ("WRITE_KEYS", Write)));
        Assert.Equal(Sentence, Refusal((name, other), ("WRITE_KEYS", "another," + "sha256:" + HashOf(Write))));
    }

    [Fact]
    public void An_edge_has_a_key_to_show_to_its_home()
    {
        (string, string) home = ("HOME_URL", "https://home.example.com");
        var hash = "sha256:" + HashOf(Secret);

        Assert.Equal(
            "RELAY_KEY must be set at an edge whose first API_KEY is a hash: an edge shows its home a key, and has none", Refusal(home, ("API_KEY", $"{hash},{Secret}")));
        Assert.Equal(
            "RELAY_KEY must begin with a key and not with its hash at an edge, which shows the key to its home", Refusal(home, ("API_KEY", Secret), ("RELAY_KEY", hash)));
        Assert.NotNull(Read(home, ("API_KEY", hash), ("RELAY_KEY", Relay)).Home);
        Assert.NotNull(Read(home, ("API_KEY", $"{Secret},{hash}")).Home);
        Assert.Null(Read(("API_KEY", hash), ("RELAY_KEY", "sha256:" + HashOf(Relay))).Home);
    }

    public void Dispose() => app?.Dispose();

    private static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static string? BodyOf(string path, string method) => method != "POST" ? null : path switch
    {
        "/glue/identify" => """{"glue_user_id":"a","email":"a@example.com"}""",
        "/glue/sync" => """{"glue_user_id":"a","data":{}}""",
        "/glue/batch" => """{"batch":[]}""",
        "/glue/relay" => """{"format":1,"items":[]}""",
        _ => Track,
    };

    private static string Refusal(params (string Name, string Value)[] settings) => Assert.Throws<SettingException>(() => Read(settings)).Message;

    private static Settings Read(params (string Name, string Value)[] settings) => Settings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());

    private void Start(bool hashed, params (string Name, string Value)[] settings)
    {
        string Of(string key) => hashed ? "sha256:" + HashOf(key) : key;
        app = new ServerApp([("API_KEY", Of(Secret)), ("WRITE_KEYS", Of(Write)), ("RELAY_KEY", Of(Relay)), ("ALLOWED_ORIGINS", Shop), .. settings]);
    }
}
