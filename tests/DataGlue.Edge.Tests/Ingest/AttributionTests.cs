using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

public sealed class AttributionTests : IDisposable
{
    private const string Campaign = """{"utm_source":"google"}""";

    private readonly ServerApp app = new(("IGNORED_REFERRERS", "pay.example, https://www.other.example/"));

    // Context and properties of an event, the touch that it is, and whether it may be a last touch.
    public static TheoryData<string, string, string?, bool> Touches => new()
    {
        { """{"utm_source":"a","utm_medium":"b","utm_campaign":"c","utm_term":"d","utm_content":"e"}""", "{}",
            """{"utm_source":"a","utm_medium":"b","utm_campaign":"c","utm_term":"d","utm_content":"e"}""", true },
        { """{"gclid":"1","fbclid":"2","msclkid":"3","ttclid":"4"}""", "{}", """{"gclid":"1","fbclid":"2","msclkid":"3","ttclid":"4"}""", true },
        { """{"gbraid":"1","wbraid":"2","twclid":"3","li_fat_id":"4"}""", "{}", """{"gbraid":"1","wbraid":"2","twclid":"3","li_fat_id":"4"}""", true },
        { """{"utm_source":"  a\t","utm_medium":" \u00a0"}""", "{}", """{"utm_source":"a"}""", true },
        { """{"utm_campaign":"   "}""", """{"url":"/p?utm_campaign=%20"}""", null, false },
        { """{"campaign":{"name":"n","source":"s","medium":"m","term":"t","content":"c","id":7}}""", "{}",
            """{"utm_source":"s","utm_medium":"m","utm_campaign":"n","utm_term":"t","utm_content":"c"}""", true },
        { """{"campaign":{"source":"campaign","name":"n"},"utm_source":"key","page":{"url":"/p?utm_campaign=url&utm_term=url"}}""", "{}",
            """{"utm_source":"key","utm_campaign":"n","utm_term":"url","landing_page":"/p?utm_campaign=url&utm_term=url"}""", true },
        { """{"campaign":"text"}""", """{"campaign":{"source":"no"}}""", null, false },
        { """{"utm_source":"a","other":"kept elsewhere","utm_medium":""}""", "{}", """{"utm_source":"a"}""", true },
        { """{"utm_campaign":2024}""", "{}", """{"utm_campaign":"2024"}""", true },
        { """{"page":{"url":"https://shop.example/p"}}""", "{}", """{"landing_page":"https://shop.example/p"}""", false },
        { """{"page":{"url":"https://shop.example/p?utm_source=news&gclid=&x=1#utm_medium=no"}}""", "{}",
            """{"utm_source":"news","utm_medium":"no","landing_page":"https://shop.example/p?utm_source=news&gclid=&x=1#utm_medium=no"}""", true },
        { "{}", """{"url":"https://shop.example/#/route?utm_source=router&x=1"}""", """{"utm_source":"router"}""", true },
        { "{}", """{"url":"/p?utm_source=query#utm_source=fragment&utm_medium=fragment"}""", """{"utm_source":"query","utm_medium":"fragment"}""", true },
        { "{}", """{"url":"/p?utm_source=a&amp;utm_medium=b&amp;gclid=c"}""", """{"utm_source":"a","utm_medium":"b","gclid":"c"}""", true },
        { """{"utm_source":"context","page":{"url":"https://shop.example/?utm_source=url&utm_medium=url"}}""", "{}",
            """{"utm_source":"context","utm_medium":"url","landing_page":"https://shop.example/?utm_source=url&utm_medium=url"}""", true },
        { "{}", """{"url":"/landing?utm_campaign=J%C3%BCni+24&utm_campaign=second"}""", """{"utm_campaign":"Jüni 24"}""", true },
        { """{"page":{"url":"/only-this"}}""", """{"url":"/not-that?utm_source=x"}""", """{"landing_page":"/only-this"}""", false },
        { """{"page":{"title":"no url"}}""", """{"url":"/p?fbclid=f"}""", """{"fbclid":"f"}""", true },
        { "{}", """{"url":"#?utm_source=fragment"}""", """{"utm_source":"fragment"}""", true },
        { """{"referrer":"https://news.example/"}""", "{}", """{"referrer":"https://news.example/"}""", true },
        { """{"referrer":"https://NEWS.example/","page":{"url":"https://shop.example/"}}""", "{}",
            """{"referrer":"https://NEWS.example/","landing_page":"https://shop.example/"}""", true },
        { """{"referrer":"https://SHOP.example/x","page":{"url":"https://shop.example/"}}""", "{}",
            """{"referrer":"https://SHOP.example/x","landing_page":"https://shop.example/"}""", false },
        { """{"referrer":"/x","page":{"url":"https://shop.example/"}}""", "{}", """{"landing_page":"https://shop.example/"}""", false },
        { """{"page":{"url":"https://shop.example/","referrer":"https://news.example/"}}""", "{}",
            """{"referrer":"https://news.example/","landing_page":"https://shop.example/"}""", true },
        { """{"referrer":"(direct)","page":{"referrer":"https://page.example/"}}""", "{}", """{"referrer":"https://page.example/"}""", true },
        { """{"referrer":"https://own.example/","page":{"referrer":"https://page.example/"}}""", "{}", """{"referrer":"https://own.example/"}""", true },
        { """{"referrer":"https://shop.example/x"}""", """{"url":"https://shop.example/y"}""", """{"referrer":"https://shop.example/x"}""", false },
        { """{"referrer":"","page":{"url":""}}""", "{}", null, false },
        { """{"utm_source":null,"utm_medium":{"a":1},"page":"text"}""", """{"url":5}""", null, false },
        { "{}", "{}", null, false },
        { "{}", """{"url":"/x?utm_source=%00&utm_medium=%ZZ"}""", """{"utm_medium":"%ZZ"}""", true },
    };

    [Theory]
    [MemberData(nameof(Touches))]
    public async Task A_write_is_a_touch_by_its_context_or_by_the_query_of_its_page(string context, string properties, string? touch, bool counts)
    {
        await TrackAsync("2024-05-01", Campaign);
        await TrackAsync("2024-05-02", context, properties);
        await TrackAsync("2024-04-30", context, properties);

        var attribution = await AttributionAsync();
        var first = touch is null ? Stamped(Campaign, "2024-05-01") : Stamped(touch, "2024-04-30");
        var last = counts ? Stamped(touch!, "2024-05-02") : Stamped(Campaign, "2024-05-01");
        AssertSame(first, attribution["first_touch"]);
        AssertSame(last, attribution["last_touch"]);
    }

    // A referrer, the page's URL, whether the referrer is kept, and whether it may be a last touch.
    public static TheoryData<string, string, bool, bool> Referrers => new()
    {
        { "https://news.example/a", "https://shop.example/", true, true },
        { "https://news.example/a", "/path", true, true },
        { "https://news.example/a", "", true, true },
        { "http://shop.example", "https://shop.example/", true, false },
        { "https://SHOP.example:8443/x", "https://shop.example/", true, false },
        { "https://www.shop.example/", "https://shop.example/", true, false },
        { "https://shop.example/", "https://www.shop.example/", true, false },
        { "https://shop.example./", "https://shop.example/", true, false },
        { "shop.example", "https://shop.example/", true, false },
        { "www.shop.example/path?x=1", "https://shop.example/", true, false },
        { "//shop.example/path", "https://shop.example/", true, false },
        { "https://blog.shop.example/", "https://shop.example/", true, false },
        { "https://shop.example/", "https://blog.shop.example/", true, false },
        { "https://workshop.example/", "https://shop.example/", true, true },
        { "https://shop.example.evil.example/", "https://shop.example/", true, true },
        { "https://xn--bcher-kva.example/", "https://b\u00fccher.example/", true, false },
        { "https://B\u00dcCHER.example/", "https://xn--bcher-kva.example/", true, false },
        { "news.example", "https://shop.example/", true, true },
        { "https://192.0.2.1/", "https://192.0.2.2/", true, true },
        { "https://192.0.2.1/", "https://192.0.2.1/x", true, false },
        { "android-app://com.google.android.gm/", "https://shop.example/", true, true },
        { "ios-app://544007664/", "https://shop.example/", true, true },
        { "https://checkout.pay.example/done", "https://shop.example/", true, false },
        { "https://pay.example", "https://shop.example/", true, false },
        { "https://epay.example", "https://shop.example/", true, true },
        { "$direct", "https://shop.example/", false, false },
        { "(direct)", "https://shop.example/", false, false },
        { "direct", "https://shop.example/", false, false },
        { "null", "https://shop.example/", false, false },
        { "undefined", "https://shop.example/", false, false },
        { "   ", "https://shop.example/", false, false },
        { "#top", "https://shop.example/", false, false },
        { "/cart", "https://shop.example/", false, false },
        { "about:client", "https://shop.example/", false, false },
        { "about:blank", "https://shop.example/", false, false },
        { "https://", "https://shop.example/", false, false },
        { "data:text/html,x", "https://shop.example/", false, false },
        { "https://xn--\u00e4/", "https://shop.example/", false, false },
        { "https://news.example/", "https://xn--\u00e4/", true, true },
        { "https://xn--d/", "https://shop.example/", true, true },
        { "index.html", "https://shop.example/", false, false },
        { "cart.php?x=1", "https://shop.example/", false, false },
        { "v1.2", "https://shop.example/", false, false },
        { "1.5", "https://shop.example/", false, false },
        { "192.0.2.1", "https://shop.example/", true, true },
        { "news.xn--p1ai", "https://shop.example/", true, true },
        { "javascript://news.example/x", "https://shop.example/", false, false },
        { "chrome-extension://abcdef/page.html", "https://shop.example/", false, false },
    };

    [Theory]
    [MemberData(nameof(Referrers))]
    public async Task A_referrer_is_an_arrival_where_it_is_of_another_site(string referrer, string page, bool kept, bool counts)
    {
        await TrackAsync("2024-05-01", Campaign);
        await TrackAsync("2024-05-02", $$"""{"referrer":"{{referrer}}","page":{"url":"{{page}}"} }""");
        await TrackAsync("2024-04-30", $$"""{"referrer":"{{referrer}}","page":{"url":"{{page}}"} }""");

        var attribution = await AttributionAsync();
        Assert.Equal(counts ? "2024-05-02T00:00:00.000Z" : "2024-05-01T00:00:00.000Z", (string?)attribution["last_touch"]!["timestamp"]);
        Assert.Equal(kept ? referrer : null, (string?)attribution["first_touch"]!["referrer"]);
    }

    [Fact]
    public async Task An_identify_is_a_touch_too_and_without_a_campaign_the_last_is_the_first()
    {
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","timestamp":"2024-05-02","context":{"page":{"url":"https://shop.example/"}}}""");
        await TrackAsync("2024-05-03", """{"page":{"url":"https://shop.example/later"}}""");

        var attribution = await AttributionAsync();
        AssertSame(Stamped("""{"landing_page":"https://shop.example/"}""", "2024-05-02"), attribution["first_touch"]);
        AssertSame(attribution["first_touch"]!, attribution["last_touch"]);
    }

    [Fact]
    public async Task A_synced_profile_brings_touches_of_its_own()
    {
        await TrackAsync("2024-05-01", Campaign);
        await app.SyncAsync(
            """
            {"glue_user_id":"a","synced_at":"2024-05-09","data":{"profile":{"attribution":{
              "first_touch":{"utm_source":"radio","station":"5","timestamp":"2024-04-01T00:00:00Z"},
              "last_touch":{"timestamp":"2024-05-08T00:00:00Z"}}}}}
            """);

        var attribution = await AttributionAsync();
        AssertSame(Stamped("""{"utm_source":"radio","station":"5"}""", "2024-04-01"), attribution["first_touch"]);
        AssertSame(Stamped(Campaign, "2024-05-01"), attribution["last_touch"]);
    }

    [Theory]
    [InlineData(2_048, 2_048)]
    [InlineData(2_049, 2_048)]
    [InlineData(40_000, 2_048)]
    public async Task A_value_of_a_touch_is_cut_and_the_context_is_not(int sent, int kept)
    {
        var source = new string('x', sent);
        await TrackAsync("2024-05-01", $$"""{"utm_source":"{{source}}"}""");

        Assert.Equal(kept, ((string)(await AttributionAsync())["first_touch"]!["utm_source"]!).Length);
        Assert.Equal(source, (string?)(await app.UserAsync("a")).Json["events"]![0]!["context"]!["utm_source"]);
    }

    [Fact]
    public async Task At_the_same_time_the_event_id_decides()
    {
        foreach (var id in new[] { "m", "z", "b" })
        {
            await app.TrackAsync($$$"""{"glue_user_id":"a","event":"e","event_id":"{{{id}}}","timestamp":"2024-05-01","context":{"utm_source":"{{{id}}}"}}""");
        }

        var attribution = await AttributionAsync();
        Assert.Equal("b", (string?)attribution["first_touch"]!["utm_source"]);
        Assert.Equal("z", (string?)attribution["last_touch"]!["utm_source"]);
    }

    public void Dispose() => app.Dispose();

    private static JsonNode Stamped(string touch, string day)
    {
        var stamped = JsonNode.Parse(touch)!;
        stamped["timestamp"] = day + "T00:00:00.000Z";
        return stamped;
    }

    private static void AssertSame(JsonNode expected, JsonNode? actual) => Assert.Equal(expected.ToJsonString(), actual?.ToJsonString());

    private async Task TrackAsync(string day, string context, string properties = "{}") =>
        (await app.TrackAsync($$"""{"glue_user_id":"a","event":"e","timestamp":"{{day}}","context":{{context}},"properties":{{properties}} }""")).IsOk();

    private async Task<JsonNode> AttributionAsync() => (await app.UserAsync("a")).IsOk().Json["user"]!["attribution"]!;
}
