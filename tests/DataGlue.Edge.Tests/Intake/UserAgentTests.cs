using System.Text.Json.Nodes;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Intake;

/// <summary>What a User-Agent tells, on lists that others keep of real ones.</summary>
public sealed class UserAgentTests
{
    // What the list of browsers has and is none: a browser that a program drives, and a program that takes pages.
    private static readonly string[] NoBrowsers = ["Chrome Headless", "PhantomJS"];

    // The families that most visitors have, by the names of the list and of ours.
    private static readonly Dictionary<string, string> Most = new()
    {
        ["Chrome"] = "Chrome",
        ["Safari"] = "Safari",
        ["Mobile Safari"] = "Safari",
        ["Edge"] = "Edge",
        ["Firefox"] = "Firefox",
        ["Samsung Browser"] = "Samsung Internet",
        ["Opera"] = "Opera",
        ["UCBrowser"] = "UC Browser",
        ["Facebook"] = "Facebook",
        ["Instagram"] = "Instagram",
        ["IE"] = "Internet Explorer",
    };

    [Fact]
    public void Nearly_all_known_crawlers_are_bots()
    {
        var agents = JsonNode.Parse(File.ReadAllText(NpmPackage.File("crawler-user-agents/crawler-user-agents.json")))!.AsArray()
            .SelectMany(crawler => crawler!["instances"]!.AsArray().Select(agent => (string)agent!)).ToList();

        var missed = agents.FindAll(agent => !UserAgent.IsBot(agent));

        Assert.True(agents.Count > 2_000, "the list is not what it was");
        Assert.True(missed.Count <= agents.Count / 20, $"{missed.Count} of {agents.Count}:\n{string.Join('\n', missed)}");
    }

    [Fact]
    public void No_browser_is_a_bot() =>
        Assert.Empty(Browsers().Where(browser => !NoBrowsers.Contains(browser.Name) && UserAgent.IsBot(browser.Agent)).Select(browser => browser.Agent));

    [Fact]
    public void The_most_used_browsers_have_their_family()
    {
        var known = Browsers().Where(browser => Most.ContainsKey(browser.Name)).ToList();

        Assert.True(known.Select(browser => browser.Name).Distinct().Count() >= 10, "the list is not what it was");
        Assert.Equal(known.Select(browser => $"{Most[browser.Name]} {browser.Agent}"), known.Select(browser => $"{UserAgent.BrowserOf(browser.Agent)} {browser.Agent}"));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "desktop Chrome Windows")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "desktop Edge Windows")]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "desktop Safari macOS")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop Firefox Linux")]
    [InlineData("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "desktop Chrome Chrome OS")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "mobile Safari iOS")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1", "mobile Chrome iOS")]
    [InlineData("Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "tablet Safari iOS")]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "mobile Chrome Android")]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "tablet Chrome Android")]
    [InlineData("Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36", "mobile Samsung Internet Android")]
    [InlineData("Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36", "tv Safari Tizen")]
    [InlineData("Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko)", "console Safari PlayStation")]
    [InlineData("Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 Instagram 358.0.0.0 Android", "mobile Instagram Android")]
    [InlineData("something else", "  ")]
    public void Device_browser_and_system_are_told_coarsely(string agent, string told) =>
        Assert.Equal(told, $"{UserAgent.DeviceOf(agent)} {UserAgent.BrowserOf(agent)} {UserAgent.OsOf(agent)}");

    private static List<(string Name, string Agent)> Browsers() =>
        [.. JsonNode.Parse(File.ReadAllText(NpmPackage.File("ua-parser-js/test/browser-test.json")))!.AsArray().Select(item => ((string?)item!["expect"]!["name"] ?? "", (string)item["ua"]!))];
}
