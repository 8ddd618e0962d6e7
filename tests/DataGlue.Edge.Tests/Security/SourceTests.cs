using System.Net;
using DataGlue.Edge.Tests.Regions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Security;

/// <summary>Who said so: what a key makes of what comes with it.</summary>
public sealed class SourceTests : IDisposable
{
    private const string Key = HomeAndEdge.Key;

    private const string WriteKey = "write-key-of-the-pages-1";

    private const string Shop = "https://shop.example";

    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private const string BadSource = "x-glue-source must be import:NAME, where NAME has 1 to 40 of the characters a-z 0-9 . _ -";

    private static readonly string Longest = "import:" + new string('a', 40);

    private ServerApp? app;

    public static TheoryData<string?, string?, string> Senders => new()
    {
        { Key, null, "1 server" },
        { Key, "import:ga4", "1 import:ga4" },
        { Key, "import:a-z_0.9", "1 import:a-z_0.9" },
        { Key, Longest, "1 " + Longest },
        { WriteKey, null, "0 page" },
        { WriteKey, "import:ga4", "0 page" },
        { null, null, "0 page" },
        { null, "import:ga4", "0 page" },
        { null, "nonsense", "0 page" },
    };

    [Theory]
    [MemberData(nameof(Senders))]
    public async Task A_secret_key_is_trusted_and_may_name_a_source_and_nobody_else(string? key, string? source, string said)
    {
        app = new ServerApp(("API_KEY", Key), ("WRITE_KEYS", WriteKey), ("ALLOWED_ORIGINS", Shop));

        await PostAllAsync(app, key, source);

        Assert.Equal([said], app.Query("SELECT DISTINCT trusted || ' ' || source FROM events"));
        Assert.Equal([said], app.Query("SELECT DISTINCT trusted || ' ' || source FROM identities"));
        Assert.Equal(["3"], app.Query("SELECT count(*) FROM events"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("import:")]
    [InlineData("import:a,import:b")]
    [InlineData("import:A")]
    [InlineData("Import:a")]
    [InlineData("import:a b")]
    [InlineData("import:a@fra")]
    [InlineData("server")]
    [InlineData("page")]
    [InlineData("import:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Another_source_is_a_400(string source)
    {
        app = new ServerApp(("API_KEY", Key));

        foreach (var path in new[] { "/glue/identify", "/glue/track", "/glue/sync", "/glue/batch" })
        {
            (await app.SendAsync("POST", path, Track, ("x-api-key", Key), ("x-glue-source", source))).IsError(HttpStatusCode.BadRequest, BadSource);
        }

        Assert.Empty(app.Contents());
    }

    [Fact]
    public async Task Without_any_key_what_this_machine_sends_is_public()
    {
        app = new ServerApp();

        (await app.TrackAsync(Track)).IsOk();

        Assert.Equal(["0 page"], app.Query("SELECT trusted || ' ' || source FROM events"));
    }

    [Theory]
    [InlineData("AMS", "@ams")]
    [InlineData("", "")]
    public async Task An_edge_says_where_it_stands_and_the_home_keeps_it(string region, string suffix)
    {
        app = new ServerApp(("API_KEY", Key), ("FLY_REGION", "fra"));
        using var edge = HomeAndEdge.EdgeOf(app.Url, ("FLY_REGION", region), ("ALLOWED_ORIGINS", Shop), ("WRITE_KEYS", WriteKey));
        edge.Client.DefaultRequestHeaders.Remove("x-api-key");

        await PostAllAsync(edge, Key, null);
        await PostAllAsync(edge, Key, "import:ga4");
        await PostAllAsync(edge, WriteKey, "import:ga4");
        (await app.SendAsync("POST", "/glue/track", Track, ("x-api-key", Key))).IsOk();

        string[] said = [$"0 page{suffix}", $"1 import:ga4{suffix}", $"1 server{suffix}"];
        await Poll.UntilAsync(() => Task.FromResult(app.Query("SELECT count(*) FROM events")[0] == "10"));
        Assert.Equal([.. said.Append("1 server").Distinct().Order(StringComparer.Ordinal)], app.Query("SELECT DISTINCT trusted || ' ' || source FROM events").Order(StringComparer.Ordinal));
        Assert.Equal(said.Order(StringComparer.Ordinal), app.Query("SELECT DISTINCT trusted || ' ' || source FROM identities").Order(StringComparer.Ordinal));
    }

    public void Dispose() => app?.Dispose();

    // An event and an identification by each verb.
    private static async Task PostAllAsync(ServerApp node, string? key, string? source)
    {
        List<(string, string)> headers = [("Origin", Shop)];
        if (key is not null)
        {
            headers.Add(("x-api-key", key));
        }

        if (source is not null)
        {
            headers.Add(("x-glue-source", source));
        }

        (await node.SendAsync("POST", "/glue/identify", """{"glue_user_id":"a","email":"a@example.com"}""", [.. headers])).IsOk();
        (await node.SendAsync("POST", "/glue/track", Track, [.. headers])).IsOk();
        (await node.SendAsync("POST", "/glue/sync", """{"glue_user_id":"a","data":{"profile":{"email":"a@example.com"},"events":[{"event":"s"}]}}""", [.. headers])).IsOk();
        (await node.SendAsync("POST", "/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"b"},{"type":"identify","glue_user_id":"a","email":"a@example.com"}]}""", [.. headers])).IsOk();
    }
}
