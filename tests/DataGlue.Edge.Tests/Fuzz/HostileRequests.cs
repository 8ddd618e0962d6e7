using System.Text;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Generates requests to every endpoint, each hostile in one way or in several, many of them well enough to be served.</summary>
internal sealed class HostileRequests
{
    private const string Version = "HTTP/1.1";

    private static readonly string[] Verbs = ["identify", "track", "sync", "batch"];

    private static readonly Gen<string> OddMethod = Gen.OneOf(
        "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST", "post", "Get", "PROPFIND", "M-SEARCH", "QUERY", "X",
        "GETGETGETGETGETGETGETGETGETGETGETGET", "!#$%&'*+-.^_`|~");

    // Methods, versions and beginnings that are no HTTP/1.1, or hardly.
    private static readonly Gen<string> BrokenLine = Gen.OneOf(
        "POST {0}", "POST {0} ", "POST {0} HTTP/0.9", "POST {0} HTTP/1.0", "POST {0} HTTP/1.2", "POST {0} HTTP/2.0", "POST {0} HTTP/3", "POST {0} http/1.1",
        "POST {0} HTTP/1.1 ", "POST {0} HTTP/11",
        "POST {0} HTTP/1.1\r", "POST {0} HTTP/1.1\n", "POST  {0} HTTP/1.1", "POST\t{0}\tHTTP/1.1", " POST {0} HTTP/1.1", "\r\nPOST {0} HTTP/1.1",
        "\r\n\r\nPOST {0} HTTP/1.1", "POST {0} XTTP/1.1",
        "CONNECT localhost:80 HTTP/1.1", "CONNECT {0} HTTP/1.1", "CONNECT * HTTP/1.1", "OPTIONS * HTTP/1.1", "GET * HTTP/1.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n",
        "P\0ST {0} HTTP/1.1", "P(ST {0} HTTP/1.1",
        "P\u00d6ST {0} HTTP/1.1", "{0}", "", " ", "\0", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003", "SSH-2.0-x", "GET", "GET ", "GET /",
        "GET / HTTP/1.1\r\nHost: localhost");

    private static readonly Gen<byte[]> Empty = Gen.Const(Array.Empty<byte>());

    private readonly HostileTargets targets;
    private readonly Gen<(string Verb, byte[] Body)> write;

    public HostileRequests(Visitors visitors)
    {
        targets = new HostileTargets(visitors);
        var bodies = new ValidBodies(visitors);
        write = Gen.Frequency(
            (5, Mutated(bodies.Track).Select(body => (Verbs[1], body))),
            (3, Mutated(bodies.Identify).Select(body => (Verbs[0], body))),
            (2, Mutated(bodies.Sync).Select(body => (Verbs[2], body))),
            (2, Mutated(bodies.Batch).Select(body => (Verbs[3], body))));
        var whole = Gen.Frequency((3, Write), (1, Read));
        Any = Gen.Frequency(
            (460, Write),
            (60, Coded),
            (190, Read),
            (45, Probe),
            (70, Elsewhere),
            (50, OtherMethod),
            (25, Preflight),
            (40, BrokenFraming),
            (25, BrokenHead),
            (25, Raw(whole)),
            (10, Abandoned(whole)));
    }

    /// <summary>One after the other, these make a run.</summary>
    public Gen<HostileRequest> Any { get; }

    /// <summary>The request that stores this event for this visitor, with nothing wrong about it.</summary>
    public static HostileRequest Good(string eventId, string user, int kind)
    {
        var item = $$$"""{"type":"track","glue_user_id":"{{{user}}}","event":"page_view","event_id":"{{{eventId}}}","properties":{"url":"/landing"}}""";
        var (verb, body) = (kind % 3) switch
        {
            0 => ("track", item),
            1 => ("batch", $$$"""{"batch":[{{{item}}}]}"""),
            _ => ("sync", $$$"""{"glue_user_id":"{{{user}}}","synced_at":1704376800000,"data":{"events":[{{{item}}}]}}"""),
        };
        var framing = Framing.Counted(Encoding.UTF8.GetBytes(body));
        var request = Sound($"known good {verb}", $"POST /glue/{verb} {Version}", ["Host: localhost", "Content-Type: application/json"], framing);
        return request with { Good = (eventId, user) };
    }

    private Gen<HostileRequest> Write => Gen.Select(
        write, Framing.Right, HostileTargets.Spelling, HostileHeaders.Host, HostileHeaders.ContentType, HostileHeaders.Some,
        (post, frame, spell, host, type, headers) =>
            Sound($"POST /glue/{post.Verb}", $"POST {spell("/glue/" + post.Verb)} {Version}", [host, .. type, .. headers], frame(post.Body)));

    private Gen<HostileRequest> Coded => Gen.Select(
        write, ContentCoding.Any, Framing.Right, HostileHeaders.ContentType, HostileHeaders.Some,
        (post, code, frame, type, headers) =>
        {
            var coded = code(post.Body);
            return Sound("POST, coded body", $"POST /glue/{post.Verb} {Version}", ["Host: localhost", .. type, coded.Header, .. headers], frame(coded.Body));
        });

    private Gen<HostileRequest> Read => Gen.Select(
        Gen.Frequency(
            (3, targets.User.Select(target => ("GET /glue/user/{id}", target))),
            (1, targets.Email.Select(target => ("GET /glue/user/email/{email}", target))),
            (1, targets.Account.Select(target => ("GET /glue/user/account/{user_id}", target)))),
        Gen.Frequency((40, Gen.Const(Version)), (1, Gen.Const("HTTP/1.0"))),
        HostileHeaders.Host, HostileHeaders.Some,
        (read, version, host, headers) => Sound(read.Item1, $"GET {read.target} {version}", [host, .. headers], Framing.Counted([])));

    private static Gen<HostileRequest> Probe => Gen.Select(
        Gen.Frequency((4, "/healthz"), (4, "/readyz"), (1, "/metrics"), (2, "/openapi.json"), (2, "/glue/outbox")), HostileTargets.Spelling, HostileHeaders.Host,
        HostileHeaders.Some,
        (path, spell, host, headers) => Sound($"GET {path}", $"GET {spell(path)} {Version}", [host, .. headers], Framing.Counted([])));

    private Gen<HostileRequest> Elsewhere => Gen.Select(
        Gen.Frequency((4, Gen.Const("GET")), (3, Gen.Const("POST")), (1, OddMethod)), HostileTargets.Unknown, HostileHeaders.Host, HostileHeaders.Some,
        Gen.Frequency((3, Empty), (1, write.Select(post => post.Body))), Framing.Right,
        (method, target, host, headers, body, frame) => Sound("unknown path", $"{method} {target} {Version}", [host, .. headers], frame(body)));

    private Gen<HostileRequest> OtherMethod => Gen.Select(
        OddMethod,
        Gen.Frequency((4, Gen.OneOf(Verbs).Select(verb => "/glue/" + verb)), (2, targets.User), (1, targets.Email),
            (1, Gen.OneOf("/healthz", "/readyz", "/metrics", "/openapi.json")),
            (2, Gen.OneOf("/glue/relay", "/glue/outbox", "/glue/outbox/aside", "/glue/outbox/aside/1", "/glue/outbox/aside/x/retry", "/glue/outbox/home"))),
        HostileHeaders.Host, HostileHeaders.Some, Gen.Frequency((1, Empty), (1, write.Select(post => post.Body))), Framing.Right,
        (method, target, host, headers, body, frame) => Sound("any method", $"{method} {target} {Version}", [host, .. headers], frame(body)));

    private Gen<HostileRequest> Preflight => Gen.Select(
        Gen.Frequency((6, Gen.OneOf(Verbs).Select(verb => "/glue/" + verb)), (1, targets.User), (1, HostileTargets.Unknown)),
        Gen.OneOf("https://shop.example", "null", "", "http://localhost", "x y", "https://\"", "file://"),
        Gen.OneOf("POST", "GET", "post", "DELETE", "", "POST, GET", "\"", "*"),
        Gen.OneOf("content-type", "x-api-key, content-type", "", "*", ",,", "x\ty", "\u00c3\u00a9"), HostileHeaders.Some,
        (target, origin, method, asked, headers) => Sound(
            "OPTIONS, preflight", $"OPTIONS {target} {Version}",
            ["Host: localhost", "Origin: " + origin, "Access-Control-Request-Method: " + method, "Access-Control-Request-Headers: " + asked, .. headers],
            Framing.Counted([])));

    private Gen<HostileRequest> BrokenFraming => Gen.Select(
        write, Framing.Wrong, HostileHeaders.Some,
        (post, frame, headers) =>
        {
            var framing = frame(post.Body);
            string[] lines = ["Host: localhost", "Content-Type: application/json", .. headers, .. framing.Headers];
            var bytes = Bytes($"POST /glue/{post.Verb} {Version}", lines, framing.Body);
            return new HostileRequest("broken framing", bytes, Delivery.Alone, framing.HasSoundHead);
        });

    private Gen<HostileRequest> BrokenHead => Gen.Select(
        Gen.Frequency(
            (3, BrokenLine.Select(line => line.Replace("{0}", "/glue/track", StringComparison.Ordinal))),
            (3, HostileTargets.Broken.Select(target => $"GET {target} {Version}")),
            (4, Gen.Const($"POST /glue/track {Version}"))),
        Gen.Frequency((8, HostileHeaders.Host), (1, Gen.OneOf("", "X: no host", "Host: localhost\r\nHost: localhost"))),
        HostileHeaders.Broken.Array[0, 2], HostileHeaders.Some, Gen.Bool, write,
        (line, host, broken, headers, isFirst, post) =>
        {
            var framing = Framing.Counted(post.Body);
            string[] lines = isFirst ? [.. broken, host, .. headers] : [host, .. headers, .. broken];
            return new HostileRequest("broken head", Bytes(line, [.. lines, .. framing.Headers], framing.Body), Delivery.Alone, HasSoundHead: false);
        });

    private static Gen<HostileRequest> Raw(Gen<HostileRequest> whole) => Gen.Select(
        whole, ByteMutation.Any.Array[1, 4], Gen.Frequency((4, Empty), (1, Gen.Byte.Array[1, 200])),
        (request, mutations, before) => new HostileRequest(
            "raw bytes", [.. before, .. mutations.Aggregate(request.Bytes, (bytes, mutation) => mutation.Apply(bytes))], Delivery.Alone, HasSoundHead: false));

    private static Gen<HostileRequest> Abandoned(Gen<HostileRequest> whole) => Gen.Select(
        whole, Gen.Bool, Choice.Number,
        (request, isWhole, length) => new HostileRequest(
            "abandoned", isWhole ? request.Bytes : request.Bytes[..Choice.Index(length, request.Bytes.Length)], Delivery.Abandoned, request.HasSoundHead));

    private static Gen<byte[]> Mutated(Gen<string> valid) => Gen.Select(
        valid, JsonMutation.Any.Array[Choice.Few], Gen.Frequency((9, Gen.Const(Array.Empty<ByteMutation>())), (1, ByteMutation.Any.Array[1, 3])),
        (body, json, bytes) => bytes.Aggregate(
            json.Aggregate(Encoding.UTF8.GetBytes(body), (current, mutation) => mutation.Apply(current)), (current, mutation) => mutation.Apply(current)));

    // The absolute form of a target must name the host that the header names.
    private static HostileRequest Sound(string endpoint, string line, string[] headers, Framing framing)
    {
        var lines = line.Contains(" http:", StringComparison.Ordinal) ? ["Host: localhost", .. headers.Skip(1)] : headers;
        return new HostileRequest(endpoint, Bytes(line, [.. lines, .. framing.Headers], framing.Body), Delivery.Shared, HasSoundHead: true)
        {
            IsLast = line.EndsWith("/1.0", StringComparison.Ordinal) || headers.Contains("Connection: close"),
        };
    }

    private static byte[] Bytes(string line, string[] headers, byte[] body) =>
        [.. Encoding.Latin1.GetBytes(line + "\r\n" + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n"), .. body];
}
