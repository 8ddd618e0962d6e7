using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Header lines. All but <see cref="Broken"/> are what HTTP allows, and no hint of how the body is framed.</summary>
internal static class HostileHeaders
{
    private static readonly Gen<string> Lines = Gen.OneOf(
        "Origin: https://shop.example", "Origin: null", "Origin: ", "Origin: http://localhost", "Origin: https://a.example, https://b.example",
        "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type", "Access-Control-Request-Private-Network: true",
        "x-api-key: secret", "X-API-KEY: ", "x-api-key: a, b", "Authorization: Bearer x", "Authorization: Basic =", "Cookie: a=b; c=\"d\"", "Cookie: ;;==",
        "X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: , ,", "X-Forwarded-For: 1.2.3.4:99999, [::1", "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https", "Forwarded: for=\"[::1]\"",
        "Fly-Client-IP: 203.0.113.9", "X-Real-IP: x", "Via: 1.1 proxy", "CF-Connecting-IP: 203.0.113.9", "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-origin", "Sec-GPC: 1", "DNT: 1",
        "Accept: */*", "Accept: text/html;q=0.9, */*;q=nan", "Accept: ", "Accept-Encoding: gzip, br, *;q=0", "Accept-Language: *;q=2", "Accept-Charset: utf-7",
        "User-Agent: () { :;}; echo", "User-Agent: ", "Referer: http://[::1", "Range: bytes=0-0,-1", "Range: bytes=9-1", "If-None-Match: *", "If-Match: \"x\"",
        "If-Modified-Since: never",
        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics",
        "TE: trailers", "Trailer: X-Api-Key",
        "Expect: 100-continue", "Expect: 100-Continue", "Expect: 200-ok", "Connection: keep-alive", "Connection: Keep-Alive, x", "Connection: close",
        "Keep-Alive: timeout=0, max=0",
        "Upgrade-Insecure-Requests: 1", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Max-Forwards: 0",
        "traceparent: 00-00000000000000000000000000000000-0000000000000000-00",
        "traceparent: x", "tracestate: a=b,=", "baggage: a=b;c,=", "Request-Id: |x.", "Correlation-Context: a=b", "Content-Length-Hint: 5",
        "Content-Language: tlh", "Content-Disposition: x",
        "Content-MD5: x", "Content-Range: bytes 0-1/2", "Date: x", "X: y", "x-: y", "!#$%&'*+-.^_`|~: y", "X-Tab: a\tb", "X-Utf8: \u00c3\u00a9",
        "Origin: https://\u00c3\u00a9.example", "Origin: https://\u00e9.example", "Cookie: lang=fran\u00e7ais", "User-Agent: \u00ff",
        "x-glue-source: import:x", "x-glue-source: \u00e9", "x-glue-home: x", "x-glue-home: \u00e9");

    private static readonly Gen<string> Long = Gen.Select(
        Gen.OneOf("X-Long", "Cookie", "Origin", "x-api-key", "X-Forwarded-For", "User-Agent", "Accept-Encoding"),
        Gen.OneOf("a", "1.2.3.4,", "=", "\"", ";q=1,"), Gen.Int[1, 9_000],
        (name, unit, length) => $"{name}: {string.Concat(Enumerable.Repeat(unit, length / unit.Length))}");

    private static readonly Gen<string[]> Many = Gen.Int[2, 80].Select(count => Enumerable.Range(0, count).Select(i => $"X-{i % 60}: {i}").ToArray());

    /// <summary>Some lines, mostly none, so that what is asked for is mostly given.</summary>
    public static Gen<string[]> Some { get; } = Gen.Frequency(
        (60, Gen.Const(Array.Empty<string>())), (24, Lines.Array[1]), (12, Lines.Array[2, 5]), (2, Long.Array[1]), (1, Many));

    /// <summary>Which host is meant: mostly this machine, for whom reads are.</summary>
    public static Gen<string> Host { get; } = Gen.Frequency(
        (40, Gen.Const("Host: localhost")),
        (3, Gen.OneOf(
            "Host: 127.0.0.1:3000", "Host: [::1]", "host: LOCALHOST:1", "HOST:localhost", "Host:\t localhost \t", "Host: example.com", "Host: xn--e1afmkfd",
            "Host: 0.0.0.0", "Host: 127.1",
            "Host: localhost.", "Host: 2130706433", "Host: a-b_c.d:65535")));

    /// <summary>What the body is said to be: mostly JSON.</summary>
    public static Gen<string[]> ContentType { get; } = Gen.Frequency(
        (30, Gen.Const<string[]>(["Content-Type: application/json"])),
        (4, Gen.OneOf<string[]>([], ["Content-Type: text/plain"], ["Content-Type: text/plain;charset=UTF-8"],
            ["content-type: APPLICATION/JSON ; Charset=\"utf-8\""])),
        (2, Gen.OneOf(
            "application/json; charset=utf-16", "application/json;", "application/json;charset", "application/json; charset=\"", "application/json, text/plain",
            "application/*", "*/*", "json", "",
            "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/html",
            "application/json; charset=utf-8; charset=utf-7", "application/problem+json",
            "application/cbor", ";", "/", "\"").Select(type => new[] { "Content-Type: " + type })),
        (1, Gen.Const<string[]>(["Content-Type: application/json", "Content-Type: text/plain"])));

    /// <summary>Lines that Kestrel may refuse, or take for the end of the headers, or for another request.</summary>
    public static Gen<string> Broken { get; } = Gen.Frequency(
        (30, Gen.OneOf(
            "Host: other.example", "Host: a b", "Host: ", "Host: http://localhost", "Host: [::1", "Host: localhost:x", "Host: localhost/\r\nHost: x",
            "Host: \u00e9",
            "X: a\r\n folded", "X: a\r\n\tfolded", " X: leading", "X : space", "X", ": no name", ":", "X\0: a", "X: \0", "X: a\0b", "X: a\u0001b",
            "X: a\u007fb", "X: \u00e9", "X: \u00ff\u00fe",
            "X: a\rb", "X: a\nY: b", "X: a\n", "\n", "\r", "X\u00e9: a", "X(: a", "\"X\": a", "X: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost",
            "Connection: Upgrade\r\nUpgrade: h2c",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13", "Connection: Upgrade",
            "Proxy-Connection: close\0",
            "Transfer-Encoding: identity", "Transfer-Encoding: gzip", "Transfer-Encoding: \0chunked", "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, identity", "Content-Length: x",
            "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length:", "Content-Length: 0\r\nContent-Length: 1")),
        (1, Gen.Int[9_000, 40_000].Select(length => "X: " + new string('a', length))),
        (1, Gen.Int[9_000, 40_000].Select(length => new string('a', length) + ": x")),
        (1, Gen.Int[90, 400].Select(count => string.Join("\r\n", Enumerable.Range(0, count).Select(i => $"X-{i}: {i}")))));
}
