using System.Globalization;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>What stands in a request line between method and version. All but <see cref="Broken"/> are what HTTP allows.</summary>
internal sealed class HostileTargets
{
    private static readonly string[] Odd =
    [
        "/", "//", "///", "/glue", "/glue/", "/glue//", "/glue/user", "/glue/user/", "/glue/user//", "/glue/user/email", "/glue/user/email/", "/glue/users/a",
        "/glue/user/a/b",
        "/glue/user/email/a/b", "/glue/track/x", "/GLUE/Track", "/gl%75e/track", "/glue%2Ftrack", "/glue/track%2F", "/glue/%2e%2e/healthz", "/glue/../healthz",
        "/./healthz",
        "/../../etc/passwd", "/..%2f..%2fdata%2fdataglue.db", "/data/dataglue.db", "/.env", "/favicon.ico", "/robots.txt", "/glue/user/%", "/glue/user/%2",
        "/glue/user/%zz",
        "/glue/user/%u0041", "/glue/user/%ff%fe", "/glue/user/%C0%AF", "/glue/user/%ED%A0%80", "/glue/user/%F4%90%80%80", "/glue/user/%25%32%35",
        "/glue/~75ser/a", "/glue/user/~",
        "/glue/user/~7E~", "/glue/user/%7E25", "/glue;a=b/track", "/glue/track;x", "/glue\\track", "/glue/user/a\\b", "/glue/user/{glue_user_id}",
        "/glue/user/*", "/glue/user/**",
        "/glue/user/a:b", "/glue/user/@", "/glue/user/|", "/glue/user/^`\"<>", "/#", "/glue/track#x", "/glue/user/a#?limit=1", "/?", "/??", "/healthz/",
        "//healthz", "/healthz?x=1",
        "/HEALTHZ", "/readyz/x", "/metrics/", "/metrics?x", "/metrics/..", "/openapi.json/", "/openapi.json?x", "/openapi", "/swagger/index.html",
        "/glue/user/email/%20", "/glue/user/%20",
        "/glue/user/email/%F0%9F%98%80", "/glue/user/%0d%0aX:1", "/glue/user/%09", "/glue/user/%7f", "/glue/user/http://x/", "/http://localhost/glue/track",
    ];

    private static readonly string[] Queries =
    [
        "", "", "", "", "?limit=1", "?limit=10", "?limit=2147483647", "?after=1704376800000", "?after=2024-01-04T14:00:00Z", "?after=2024-01-04",
        "?limit=2&after=0", "?limit=1&after=event-1",
        "?limit=0", "?limit=-1", "?limit=2147483648", "?limit=1e3", "?limit=+1", "?limit=%2B1", "?limit= 1", "?limit=%201", "?limit=%31", "?limit=%EF%BC%91",
        "?limit=", "?limit", "?limit=1&limit=2",
        "?LIMIT=1", "?limit[]=1", "?limit=1;after=2", "?after=", "?after", "?after=-1", "?after=253402300799999", "?after=253402300800000",
        "?after=99999999999999999999", "?after=1&after=2",
        "?after=%00", "?after=%FF%FE", "?after=%ED%A0%80", "?after=%", "?after=%u0041", "?after='--", "?after=9999-12-31T23:59:59.9999999-14:00",
        "?after=0001-01-01T00:00:00%2B14:00", "?%00=%00",
        "?=", "?&&&", "?a=b=c", "?#", "?x=//?y", "?" + "\"<>\\^`{|}", "?x=%2e%2e%2f",
    ];

    private static readonly Gen<string> Query = Gen.Frequency(
        (40, Gen.OneOf(Queries.Select(query => query.Replace(" ", "%20", StringComparison.Ordinal)).ToArray())),
        (1, Gen.Int[1, 1_200].Select(count => "?" + string.Join('&', Enumerable.Range(0, count).Select(i => $"a{i % 7}")))),
        (1, Gen.Int[1, 6_000].Select(length => "?after=" + new string('9', length))));

    // Each byte of an id in one of the ways that an address has for it.
    private static readonly Gen<Func<string, string>> Encoding = Gen.Frequency<Func<string, string>>(
        (12, Uri.EscapeDataString),
        (2, text => Hex(text, "X2")),
        (1, text => Hex(text, "x2")),
        (1, text => Hex(text, "X2").Replace("%", "%25", StringComparison.Ordinal)),
        (1, text => Uri.EscapeDataString(text) + "/"),
        (1, text => "/" + Uri.EscapeDataString(text) + "//"),
        (1, text => Uri.EscapeDataString(text + "x")));

    private static readonly Gen<string> LongPath = Gen.Select(
        Gen.OneOf("/a", "/", "a", "%41", "/..", "%2F", "%C3%A9", "~", "%"), Gen.Int[1, 7_000],
        (unit, length) => "/glue/user/" + string.Concat(Enumerable.Repeat(unit, length / unit.Length)));

    public HostileTargets(Visitors visitors)
    {
        User = Gen.Select(visitors.User, Encoding, Query, (name, encode, query) => "/glue/user/" + encode(name) + query);
        Email = Gen.Select(visitors.Email, Encoding, Query, (name, encode, query) => "/glue/user/email/" + encode(name) + query);
        Account = Gen.Select(visitors.Account, Encoding, Query, (name, encode, query) => "/glue/user/account/" + encode(name) + query);
    }

    /// <summary>A read of a visitor, who is mostly there.</summary>
    public Gen<string> User { get; }

    /// <summary>A read of a person by e-mail.</summary>
    public Gen<string> Email { get; }

    /// <summary>A read of a person by account.</summary>
    public Gen<string> Account { get; }

    /// <summary>Nothing that is served, or only nearly.</summary>
    public static Gen<string> Unknown { get; } = Gen.Frequency(
        (12, Gen.OneOf(Odd)), (3, Gen.Select(Gen.OneOf(Odd), Query, (path, query) => path + query)), (1, LongPath));

    /// <summary>What another client would write for this path, and means the same.</summary>
    public static Gen<Func<string, string>> Spelling { get; } = Gen.Frequency<Func<string, string>>(
        (30, path => path),
        (1, path => "/" + path),
        (1, path => path + "/"),
        (1, path => path.Replace("/", "//", StringComparison.Ordinal)),
        (1, path => path.Replace("e", "%65", StringComparison.Ordinal)),
        (1, path => "http://localhost" + path),
        (1, path => path + "?x=1&limit=0"),
        (1, path => path.ToUpperInvariant()));

    /// <summary>What Kestrel may refuse before there is a request.</summary>
    public static Gen<string> Broken { get; } = Gen.Frequency(
        (12, Gen.OneOf(
            "*", "", " ", "glue/track", "http://", "http://other.example/glue/track", "http:///glue/track", "https://localhost/healthz",
            "ftp://localhost/healthz", "localhost:80", "localhost",
            "/glue/user/%00", "/%00", "/glue/user/a b", "/glue/user/a\tb", "/glue/user/a\0b", "/glue/user/\u00e9", "/glue/user/\u00ff", "/glue/user/a\u007f",
            "/healthz?\u00e9", "/healthz?a b",
            "?", "#", "\\", "//localhost/healthz", "http://localhost:99999/healthz", "http://[::1/healthz", "http://localhost/%00", "urn:x", "/\r/healthz",
            "http://user@localhost/healthz")),
        (1, Gen.Int[8_000, 30_000].Select(length => "/" + new string('a', length))));

    private static string Hex(string text, string format) =>
        string.Concat(System.Text.Encoding.UTF8.GetBytes(text).Select(value => "%" + value.ToString(format, CultureInfo.InvariantCulture)));
}
