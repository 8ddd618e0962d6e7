using System.Buffers;

namespace DataGlue.Edge.Intake;

/// <summary>What the text of a User-Agent header tells of a visitor: the families of browser and system, the kind of device, and whether it is a bot. Coarse on
/// purpose: versions and models would tell visitors apart.</summary>
internal static class UserAgent
{
    /// <summary>The version of the rule that rates bots: what is stored was rated by one of them.</summary>
    public const int BotRule = 1;

    private static readonly Utf8Text Desktop = Utf8Text.From("desktop");
    private static readonly Utf8Text Mobile = Utf8Text.From("mobile");
    private static readonly Utf8Text Tablet = Utf8Text.From("tablet");
    private static readonly Utf8Text Tv = Utf8Text.From("tv");
    private static readonly Utf8Text Console = Utf8Text.From("console");

    // What programs call themselves, and what only they do: to give an address where one may complain.
    private static readonly SearchValues<string> BotWords = SearchValues.Create(
        [
            "bot", "crawl", "spider", "slurp", "scrap", "fetch", "scan", "monitor", "feed", "archive", "validat", "check", "preview", "embed", "analyz", "survey", "headless",
            "http://", "https://", "www.", "+info@", "mailto:", "google-", "googleother", "google favicon", "googleimageproxy", "mediapartners", "facebookexternalhit", "externalagent",
            "lighthouse", "phantomjs", "playwright", "selenium", "puppeteer", "pingdom", "synthetic", "ptst/", "gtmetrix", "dareboost", "datanyze", "siteimprove", "appinsights", "ips-agent",
            "python", "libwww-perl", "httpclient", "zgrab", "xrawler", "httrack", "outbrain", "openvas", "indy library",
        ],
        StringComparison.OrdinalIgnoreCase);

    // Browsers begin with Mozilla or Opera. These few do not; curl is a developer at work.
    private static readonly SearchValues<string> OtherBrowsers = SearchValues.Create(
        [
            "webkit", "browser", "profile/", "midp", "symbian", "netfront", "mosaic", "konqueror", "cfnetwork", "fban", "(x11", "(macintosh", "(windows", "(linux", "(ipad", "(iphone",
            "mobile", "nokia", "ucweb", "samsung", "blackberry", "sonyericsson", "sec-", "lg-", "mot-", "dalvik", "lynx", "w3m", "links", "dillo", "flock", "voyager", "contiki", "roku", "hbbtv",
            "curl",
        ],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<string> OldCompatibles = SearchValues.Create(["msie", "trident", "konqueror"], StringComparison.OrdinalIgnoreCase);

    // In this order: nearly every browser also names those from which it descends.
    private static readonly Family[] Browsers =
    [
        new("Instagram", "Instagram"), new("Facebook", "FBAN/", "FBAV/", "FB_IAB"), new("TikTok", "musical_ly", "BytedanceWebview", "TikTok"), new("Snapchat", "Snapchat"),
        new("Pinterest", "[Pinterest", "Pinterest/"), new("LinkedIn", "LinkedInApp"), new("WeChat", "MicroMessenger"), new("Line", "Line/"), new("KakaoTalk", "KAKAOTALK"),
        new("Google App", "GSA/"), new("Edge", "Edg/", "EdgA/", "EdgiOS/", "Edge/"), new("Opera", "OPR/", "OPT/", "OPiOS", "OPX/", "Opera"), new("Samsung Internet", "SamsungBrowser"),
        new("UC Browser", "UCBrowser", "UCWEB", " UBrowser"), new("Yandex Browser", "YaBrowser", "YaSearchBrowser"), new("Vivaldi", "Vivaldi"), new("DuckDuckGo", "DuckDuckGo/", "Ddg/"),
        new("Whale", "Whale/"), new("Coc Coc", "coc_coc"), new("Mi Browser", "MiuiBrowser"), new("Huawei Browser", "HuaweiBrowser"), new("QQ Browser", "QQBrowser", "QQ/"), new("Silk", "Silk/"),
        new("Brave", "Brave/", "Brave Chrome"), new("Oculus Browser", "OculusBrowser"), new("Internet Explorer", "MSIE ", "Trident/", "IEMobile"),
        new("Firefox", "Firefox/", "FxiOS/", "Focus/", "Klar/"), new("Chromium", "Chromium/"), new("Chrome", "Chrome/", "CriOS/", "CrMo/"),
        new("Android Browser", "Android"), new("Safari", "Safari/", "AppleWebKit/"),
    ];

    private static readonly Family[] Systems =
    [
        new("Windows Phone", "Windows Phone", "Windows Mobile"), new("Xbox", "Xbox"), new("Windows", "Windows"), new("iOS", "iPhone", "iPad", "iPod"), new("tvOS", "AppleTV", "Apple TV"),
        new("HarmonyOS", "HarmonyOS", "OpenHarmony"), new("Tizen", "Tizen"), new("webOS", "Web0S", "webOS"), new("KaiOS", "KAIOS"), new("PlayStation", "PlayStation"), new("Nintendo", "Nintendo"),
        new("Chrome OS", "CrOS"), new("Android", "Android"), new("macOS", "Macintosh", "Mac OS X", "Mac_PowerPC"), new("Linux", "Linux", "X11"),
    ];

    private static readonly SearchValues<string> Tvs = SearchValues.Create(
        ["SmartTV", "SMART-TV", "Smart TV", "AppleTV", "Apple TV", "GoogleTV", "Google TV", "Android TV", "BRAVIA", "Web0S", "webOS.TV", "HbbTV", "NetCast", "CrKey", "Roku", "AFT", "TV Safari", "; TV"],
        StringComparison.Ordinal);

    private static readonly SearchValues<string> Consoles = SearchValues.Create(["PlayStation", "Xbox", "Nintendo"], StringComparison.Ordinal);

    private static readonly SearchValues<string> Tablets = SearchValues.Create(
        ["iPad", "Tablet", "tablet", "Kindle", "Silk/", "PlayBook", "SM-T", "SM-X", "Nexus 7", "Nexus 9", "Nexus 10", "Lenovo TB", "MediaPad", "MatePad"], StringComparison.Ordinal);

    private static readonly SearchValues<string> Mobiles = SearchValues.Create(
        ["Mobi", "iPhone", "iPod", "Windows Phone", "IEMobile", "BlackBerry", "BB10", "Opera Mini", "MIDP", "Symbian", "KAIOS"], StringComparison.Ordinal);

    /// <summary>Whether it is a program that nobody sits at.</summary>
    public static bool IsBot(string userAgent)
    {
        var text = userAgent.AsSpan().TrimStart();
        return (text.ContainsAny(BotWords) && !text.Contains("CUBOT", StringComparison.Ordinal))
            || (text.StartsWith("Mozilla/5.0 (compatible;", StringComparison.OrdinalIgnoreCase) && !text.ContainsAny(OldCompatibles))
            || text.Contains("KHTML, like Gecko; compatible;", StringComparison.OrdinalIgnoreCase)
            || !(text.StartsWith("Mozilla/", StringComparison.OrdinalIgnoreCase) || text.StartsWith("Opera/", StringComparison.OrdinalIgnoreCase) || text.ContainsAny(OtherBrowsers));
    }

    /// <summary>The family of the browser; none where it is not known.</summary>
    public static Utf8Text BrowserOf(string userAgent) => Find(Browsers, userAgent);

    /// <summary>The family of the operating system; none where it is not known.</summary>
    public static Utf8Text OsOf(string userAgent) => Find(Systems, userAgent);

    /// <summary>The kind of device; none where not even the system is known.</summary>
    public static Utf8Text DeviceOf(string userAgent)
    {
        var text = userAgent.AsSpan();
        return text.ContainsAny(Tvs) ? Tv
            : text.ContainsAny(Consoles) ? Console
            : text.ContainsAny(Tablets) ? Tablet
            : text.ContainsAny(Mobiles) ? Mobile

            // An Android that does not say Mobile is a tablet.
            : text.Contains("Android", StringComparison.Ordinal) ? Tablet
            : OsOf(userAgent).IsPresent ? Desktop : default;
    }

    private static Utf8Text Find(Family[] families, string userAgent)
    {
        foreach (var family in families)
        {
            if (userAgent.AsSpan().ContainsAny(family.Signs))
            {
                return family.Name;
            }
        }

        return default;
    }

    private sealed class Family(string name, params string[] signs)
    {
        public Utf8Text Name { get; } = Utf8Text.From(name);

        public SearchValues<string> Signs { get; } = SearchValues.Create(signs, StringComparison.Ordinal);
    }
}
