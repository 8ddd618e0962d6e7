using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>The door in the native binary: who is let in, what a crowd costs, and what the log tells of anybody.</summary>
[Collection(nameof(NativeTests))]
public sealed class DoorTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const string Key = "a-key-of-the-owner-0123456789";

    private const string Shop = "https://shop.example";

    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private const long MiB = 1024 * 1024;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Keys_origins_limits_and_compressed_bodies_work_natively()
    {
        using var server = await StartAsync(("API_KEY", Key), ("ALLOWED_ORIGINS", Shop), ("RATE_LIMIT", "4"), ("TRUSTED_PROXIES", "127.0.0.0/8"));

        Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync("POST", "/glue/track", Track)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.SendAsync("POST", "/glue/track", Track, ("Origin", "null"))).Status);
        Assert.Equal(Shop, (await server.SendAsync("POST", "/glue/track", Track, ("Origin", Shop))).IsOk().Header("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/glue/user/a")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.GetAsync("/glue/user/a")).Status);
        (await server.SendAsync("GET", "/glue/user/a", null, ("x-api-key", Key))).IsOk();
        (await server.SendAsync("POST", "/glue/track", Track, ("Origin", Shop), ("X-Forwarded-For", "198.51.100.1"))).IsOk();
        var preflight = await server.SendAsync("OPTIONS", "/glue/track", null, ("Origin", Shop), ("Access-Control-Request-Method", "POST"));
        Assert.Equal("POST", preflight.Header("Access-Control-Allow-Methods"));
        (await server.GetAsync("/healthz")).IsOk();
        (await server.GetAsync("/readyz")).IsOk();
        Assert.Equal("3.1.1", (string?)(await server.GetAsync("/openapi.json")).IsOk().Json["openapi"]);

        foreach (var encoding in new[] { "gzip", "br", "deflate" })
        {
            using var body = Compressed.Content(encoding, Encoding.UTF8.GetBytes(Track));
            body.Headers.Add("x-api-key", Key);
            Assert.Equal(HttpStatusCode.OK, (await server.Client.PostAsync(new Uri("/glue/track", UriKind.Relative), body)).StatusCode);
        }
    }

    [Fact]
    public async Task A_variable_of_the_framework_does_not_make_it_believe_what_anybody_says_of_the_address()
    {
        using var server = await StartAsync(("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"), ("RATE_LIMIT", "3"));

        foreach (var header in new[] { "X-Forwarded-For", "X-Original-For", "X-Forwarded-Proto" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync("GET", "/glue/user/a", null, (header, "127.0.0.1"))).Status);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.SendAsync("POST", "/glue/track", Track, ("X-Forwarded-For", "198.51.100.1"))).Status);
    }

    [Fact]
    public async Task A_database_behind_a_link_is_kept_where_the_link_leads()
    {
        Directory.CreateDirectory(folder.File("volume"));
        Directory.CreateDirectory(folder.File("data"));
        await File.WriteAllTextAsync(folder.File("volume/real.db"), "");
        File.CreateSymbolicLink(folder.File("data/dataglue.db"), folder.File("volume/real.db"));
        using var server = await StartAsync();
        (await server.PostAsync("/glue/track", Track)).IsOk();

        Assert.Equal(["real.db", "real.db-lock", "real.db-shm", "real.db-wal"], Directory.GetFiles(folder.File("volume")).Select(Path.GetFileName).Order());
        var metrics = (await server.GetAsync("/metrics")).IsOk().Body;
        Assert.DoesNotMatch(@"(?m)^dataglue_database_wal_size_bytes\{[^}]*\} 0$", metrics);
    }

    [Fact]
    public async Task A_million_addresses_take_bounded_memory()
    {
        using var server = await StartAsync(("RATE_LIMIT", "100"), ("TRUSTED_PROXIES", "127.0.0.0/8"), ("API_KEY", Key));
        await FloodAsync(server, 0, 100_000);
        var early = server.Memory("VmRSS");

        await FloodAsync(server, 100_000, 1_000_000);

        var late = server.Memory("VmRSS");
        output.WriteLine($"resident after 100,000 addresses {early / MiB} MiB, after 1,000,000 {late / MiB} MiB");
        Assert.InRange(late - early, long.MinValue, 24 * MiB);
        Assert.InRange(late, 0, 128 * MiB);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/glue/user/a")).Status);
    }

    [Fact]
    public async Task Bodies_that_never_end_take_bounded_memory_and_then_get_a_503()
    {
        using var server = await StartAsync();
        (await server.PostAsync("/glue/track", Track)).IsOk();
        var before = server.Memory("VmRSS");
        var part = Encoding.ASCII.GetBytes(new string(' ', 900_000));
        var head = Encoding.ASCII.GetBytes("POST /glue/sync HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => UnfinishedAsync(server.Port, head, part)));

        output.WriteLine($"{replies.Count(reply => reply.Contains(" 503 ", StringComparison.Ordinal))} of 200 refused, resident before {before / MiB} MiB, at the peak {server.Memory("VmHWM") / MiB} MiB");
        Assert.Contains(replies, reply => reply.Contains("Too many bodies are coming in at once; send it again a little later", StringComparison.Ordinal));
        Assert.Contains(replies, reply => reply.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal));
        Assert.InRange(server.Memory("VmHWM") - before, 0, 80 * MiB);
        (await server.PostAsync("/glue/sync", """{"glue_user_id":"a","data":{}}""")).IsOk();
    }

    [Theory]
    [InlineData("GET /glue/user/a HTTP/1.1\r\nHost: localhost\r\nX-Long: {0}\r\n\r\n", 17_000, 431)]
    [InlineData("GET /glue/user/a?{0} HTTP/1.1\r\nHost: localhost\r\n\r\n", 9_000, 414)]
    [InlineData("GET /glue/user/a HTTP/1.1\r\nHost: localhost\r\n{0}\r\n\r\n", 0, 408)]
    public async Task Headers_and_lines_are_limited_in_length_and_time(string request, int length, int status)
    {
        using var server = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        var text = string.Format(CultureInfo.InvariantCulture, request, new string('x', length));
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(length == 0 ? text[..30] : text));
        using var reader = new StreamReader(client.GetStream());

        Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadLineAsync(), StringComparison.Ordinal);
        (await server.GetAsync("/healthz")).IsOk();
    }

    [Fact]
    public async Task The_log_tells_of_nobody_and_each_line_of_it_is_one_entry()
    {
        const string email = "secret.person@example.com";
        using var server = await StartAsync(("API_KEY", Key), ("ALLOWED_ORIGINS", Shop));
        var forged = "\\n{\\\"LogLevel\\\":\\\"Critical\\\",\\\"Message\\\":\\\"forged\\\"}\\r\\n";
        (string Name, string Value) key = ("x-api-key", Key);
        (await server.SendAsync("POST", "/glue/identify", $$"""{"glue_user_id":"id-1","email":"{{email}}","traits":{"secret_trait":"secret_value{{forged}}"} }""", key)).IsOk();
        Assert.Equal(HttpStatusCode.BadRequest, (await server.SendAsync("POST", "/glue/identify", $$"""{"glue_user_id":7,"email":"{{email}}","x":"{{forged}}" """, key)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync("GET", $"/glue/user/email/{email}x%0A%0Dforged", null, key)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync("GET", "/forged%0A%0Dline", null, key)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync("GET", $"/glue/user/email/{email}", null, ("x-api-key", "guess-secret"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.SendAsync("POST", "/glue/track", Track, ("Origin", "https://secret.example"))).Status);

        // What the log does tell of writes: that the database refused one, and that it takes none.
        var database = folder.File("data/dataglue.db");
        new DatabaseFile(database).Query("CREATE TRIGGER rule BEFORE INSERT ON events WHEN NEW.event LIKE '%secret%' BEGIN SELECT RAISE(ABORT, 'no'); END");
        Assert.Equal(HttpStatusCode.BadRequest, (await server.SendAsync("POST", "/glue/track", $$"""{"glue_user_id":"{{email}}","event":"secret{{forged}}"}""", key)).Status);
        new DatabaseFile(database).Query("CREATE TRIGGER fails BEFORE INSERT ON identities BEGIN SELECT json_extract('{}', NEW.email); END");
        Assert.Equal(HttpStatusCode.BadRequest, (await server.SendAsync("POST", "/glue/identify", $$"""{"glue_user_id":"a","email":"{{email}}"}""", key)).Status);
        new DatabaseFile(database).Query("CREATE TRIGGER broken BEFORE INSERT ON users BEGIN INSERT INTO missing VALUES (1); END");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.SendAsync("POST", "/glue/track", $$"""{"glue_user_id":"{{email}}","event":"other"}""", key)).Status);
        File.Move(database, database + ".away");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.SendAsync("POST", "/glue/track", $$"""{"glue_user_id":"{{email}}","event":"secret"}""", key)).Status);
        Assert.Equal(1, await server.ExitAsync());

        Assert.InRange(server.Log.Count, 4, 10);
        foreach (var line in server.Log.Concat(server.Errors))
        {
            Assert.DoesNotContain("secret", line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("forged", line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Key, line, StringComparison.Ordinal);
            var entry = JsonNode.Parse(line)!;
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string?)entry["Timestamp"]);
            Assert.Matches("^(Information|Warning|Error|Critical)$", (string?)entry["LogLevel"]);
        }

        Assert.Contains(server.Log, line => line.Contains("The database refused one event", StringComparison.Ordinal));
        Assert.Contains(server.Log, line => line.Contains("The database takes no writes", StringComparison.Ordinal));
        Assert.Contains(server.Log, line => line.Contains("The process ends", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("API_KEY", Key, "API_KEY is set and ALLOWED_ORIGINS names no origin: browsers, which have no key, get 401")]
    [InlineData("API_KEY", "short", "A key of API_KEY has fewer than 16 characters and may be guessed")]
    [InlineData("RELAY_KEY", "short", "A key of RELAY_KEY has fewer than 16 characters and may be guessed")]
    [InlineData("RATE_LIMIT", "0", "API_KEY is not set: whoever reaches the port may write; reads are answered to this machine alone")]
    public async Task The_start_tells_what_an_owner_should_know_of_access(string name, string value, string warning)
    {
        using var server = await StartAsync((name, value));
        await server.TerminateAsync();

        Assert.Contains(server.Log, line => (string?)JsonNode.Parse(line)!["Message"] == warning && (string?)JsonNode.Parse(line)!["LogLevel"] == "Warning");
    }

    public void Dispose() => folder.Dispose();

    private Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings)
    {
        NativeBinary.SkipWithout();
        return ServerProcess.StartAsync(binary, folder.Path, settings);
    }

    // Each request from an address of its own; without the key, so that each takes a 401 and no write.
    private static async Task FloodAsync(ServerProcess server, int first, int end)
    {
        const int workers = 8;
        const int pipelined = 64;
        var next = first;
        await Task.WhenAll(Enumerable.Range(0, workers).Select(async _ =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", server.Port);
            var replies = new Replies(client.GetStream());
            for (var from = Interlocked.Add(ref next, pipelined) - pipelined; from < end; from = Interlocked.Add(ref next, pipelined) - pipelined)
            {
                var requests = string.Concat(Enumerable.Range(from, pipelined).Select(i =>
                    $"GET /glue/user/a HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {11 + (i >> 16 & 63)}.{i >> 8 & 255}.{i & 255}.9\r\n\r\n"));
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(requests));
                await replies.SkipAsync(pipelined);
            }
        }));
    }

    // Sends nearly all of a body, then waits for what comes of it.
    private static async Task<string> UnfinishedAsync(int port, byte[] head, byte[] part)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        try
        {
            await client.GetStream().WriteAsync(head);
            await client.GetStream().WriteAsync(part);
        }
        catch (IOException)
        {
            // Refused before all of it was taken; the answer may still be there.
        }

        try
        {
            // The first part is the whole answer; behind it the connection may be broken.
            var answer = new byte[4_096];
            return Encoding.UTF8.GetString(answer, 0, await client.GetStream().ReadAsync(answer));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
