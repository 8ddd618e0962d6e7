using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>What works under JIT may throw natively: every endpoint, once well and once badly, in the binary itself.</summary>
[Collection(nameof(NativeTests))]
public sealed class ServiceTests(NativeBinary binary) : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task Every_endpoint_serves_good_and_bad_and_the_data_outlives_the_process()
    {
        NativeBinary.SkipWithout();
        string before;
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            await ServeEverythingAsync(server);
            before = (await server.GetAsync("/glue/user/email/a@example.com")).IsOk().Body;
            Assert.Equal(0, await server.TerminateAsync());
        }

        // The log is in the file: a copy of the file alone is a whole backup.
        Assert.Equal(["dataglue.db", "dataglue.db-lock"], Directory.GetFiles(folder.File("data")).Select(Path.GetFileName).Order());
        using var again = await ServerProcess.StartAsync(binary, folder.Path);
        Assert.Equal(before, (await again.GetAsync("/glue/user/email/a@example.com")).IsOk().Body);
    }

    [Fact]
    public async Task Errors_of_the_transport_have_the_same_body()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);

        const string start = "POST /glue/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
        var broken = await SendAsync(server, start + "Transfer-Encoding: chunked\r\n\r\nnot a length\r\n");
        var slow = await SendAsync(server, start + "Content-Length: 100\r\n\r\n{");
        var large = await SendAsync(server, start + "Content-Length: 99999999\r\n\r\n{");
        var absolute = await SendAsync(server, "GET http://localhost//glue/user/nobody/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        var huge = await SendAsync(server, start + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", huge, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", broken, StringComparison.Ordinal);
        Assert.EndsWith("""{"success":false,"error":"The request is not valid HTTP; check its headers and the framing of its body"}""", broken, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 408 ", slow, StringComparison.Ordinal);
        Assert.EndsWith("""{"success":false,"error":"The body came too slowly; send it again at once"}""", slow, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413 ", large, StringComparison.Ordinal);
        Assert.EndsWith("""{"success":false,"error":"The body is larger than 65536 bytes; send less at a time"}""", large, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404 ", absolute, StringComparison.Ordinal);
        Assert.EndsWith("""{"success":false,"error":"User not found"}""", absolute, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:", broken + slow + large + absolute, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sync_larger_than_all_that_may_wait_is_stored_when_nothing_waits()
    {
        NativeBinary.SkipWithout();
        var port = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture);
        using var server = ServerProcess.Launch(binary, folder.Path, new() { ["PORT"] = port, ["MAX_BULK_BYTES"] = "67108864" });
        while (!await server.ListensAsync())
        {
            await Task.Delay(5);
        }

        var sessions = Enumerable.Range(0, 40).Select(i => $$"""{"id":"s{{i}}","text":"{{new string('x', 1 << 20)}}"}""");

        var reply = await server.PostAsync("/glue/sync", "{\"glue_user_id\":\"a\",\"data\":{\"sessions\":[" + string.Join(',', sessions) + "]}}");

        Assert.Equal(40, (int)reply.IsOk().Json["sessions_synced"]!);
    }

    [Fact]
    public async Task What_was_acknowledged_before_sigterm_is_stored()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var acknowledged = new ConcurrentBag<string>();
        var clients = Enumerable.Range(0, 32).Select(async client =>
        {
            for (var i = 0; ; i++)
            {
                try
                {
                    var reply = await server.PostAsync("/glue/track", $$"""{"glue_user_id":"u{{client}}","event":"e","event_id":"{{client}}-{{i}}"}""");
                    if (reply.Status != HttpStatusCode.OK)
                    {
                        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
                        return;
                    }

                    acknowledged.Add($"{client}-{i}");
                }
                catch (HttpRequestException)
                {
                    return;
                }
            }
        }).ToArray();
        await Task.Delay(300);

        Assert.Equal(0, await server.TerminateAsync());
        await Task.WhenAll(clients);

        Assert.Equal(["dataglue.db", "dataglue.db-lock"], Directory.GetFiles(folder.File("data")).Select(Path.GetFileName).Order());
        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Except(new DatabaseFile(folder.File("data/dataglue.db")).Query("SELECT event_id FROM events")));
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("INT", 2)]
    [InlineData("QUIT", 3)]
    [InlineData("HUP", 1)]
    public async Task A_signal_ends_it_well_and_is_named(string signal, int number)
    {
        NativeBinary.SkipWithout();

        // A job in the background, and one under nohup, is started so that it ignores some of them, and so is what it starts.
        Assert.SkipWhen(IsIgnored(number), $"This process ignores SIG{signal}, and hands that on");
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();

        Assert.Equal(0, await server.TerminateAsync(signal));

        var last = JsonNode.Parse(server.Log[^1])!;
        Assert.Equal((40, $"DataGlue Edge stops: SIG{signal}"), ((int)last["EventId"]!, (string)last["Message"]!));
        Assert.Equal(["dataglue.db", "dataglue.db-lock"], Directory.GetFiles(folder.File("data")).Select(Path.GetFileName).Order());
    }

    private static bool IsIgnored(int signal)
    {
        var mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
        return (Convert.ToUInt64(mask, 16) & (1UL << (signal - 1))) != 0;
    }

    [Fact]
    public async Task A_signal_during_the_start_ends_it_whenever_it_comes()
    {
        NativeBinary.SkipWithout();
        var codes = new SortedSet<int>();
        for (var milliseconds = 0; milliseconds < 120; milliseconds += 3)
        {
            using var server = ServerProcess.Launch(binary, folder.Path, new() { ["PORT"] = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture) });
            await Task.Delay(milliseconds);
            codes.Add(await server.TerminateAsync());
            Assert.Empty(server.Errors);
        }

        // Killed by the signal, or ended well.
        Assert.Empty(codes.Except([128 + 15, 0]));
        Assert.Equal(["ok"], new DatabaseFile(folder.File("data/dataglue.db")).Query("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Under_nohup_it_outlives_the_terminal()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path, "nohup");

        Assert.Equal(0, await Tools.RunAsync("sh", "-c", $"kill -HUP {server.Id}"));
        await Task.Delay(300);

        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        Assert.Equal(0, await server.TerminateAsync());
    }

    [Fact]
    public async Task A_slow_reader_neither_holds_the_log_nor_the_end()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var filler = new string('x', 50_000);
        for (var block = 0; block < 30; block++)
        {
            var items = Enumerable.Range(0, 20).Select(i =>
                $$"""{"type":"track","glue_user_id":"a","event":"e","event_id":"{{block}}-{{i}}","properties":{"x":"{{filler}}"} }""");
            (await server.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }

        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        await client.GetStream().WriteAsync("GET /glue/user/a HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await client.GetStream().ReadExactlyAsync(new byte[1_000]);

        // Busy is the first column: 0 says that no reader stands in the way of emptying the log. The server may still be reading
        // pages until what lies between it and the slow reader is full; then it must hold nothing.
        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        for (var tries = 0; tries < 200 && database.Query("PRAGMA wal_checkpoint(TRUNCATE)")[0] != "0"; tries++)
        {
            await Task.Delay(20);
        }

        Assert.Equal(["0"], database.Query("PRAGMA wal_checkpoint(TRUNCATE)"));
        (await server.PostAsync("/glue/track", """{"glue_user_id":"b","event":"e"}""")).IsOk();
        Assert.Equal(0, await server.TerminateAsync());
        Assert.Equal(["dataglue.db", "dataglue.db-lock"], Directory.GetFiles(folder.File("data")).Select(Path.GetFileName).Order());
    }

    public void Dispose() => folder.Dispose();

    private static async Task ServeEverythingAsync(ServerProcess server)
    {
        var identify = await server.PostAsync("/glue/identify", """{"glue_user_id":"a","email":"A@example.com","traits":{"x":{"y":1}},"context":{"utm_source":"m"}}""");
        Assert.Equal("""{"success":true,"user_id":"a","new_user":true}""", identify.IsOk().Body);
        (await server.PostAsync("/glue/identify", """{"glue_user_id":"a"}""")).IsError(HttpStatusCode.BadRequest, "glue_user_id and email are required; email (or user_id) is missing");

        const string track = """{"glue_user_id":"a","event":"e","event_id":"1","session_id":"s","properties":{"url":"/?gclid=1"},"timestamp":"2024-01-04T14:00:00Z"}""";
        Assert.Equal("""{"success":true,"event_id":"1"}""", (await server.PostAsync("/glue/track", track)).IsOk().Body);
        Assert.Equal("""{"success":true,"event_id":"1","duplicate":true}""", (await server.PostAsync("/glue/track", track)).IsOk().Body);
        Assert.StartsWith("""{"success":true,"event_id":"evt_""", (await server.PostAsync("/glue/track", """{"glue_user_id":"b","event":"e"}""")).IsOk().Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await server.PostAsync("/glue/track", """{"glue_user_id":"b","event":"e","event_id":"1"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/glue/track", "{")).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await server.PostAsync("/glue/track", new string(' ', 65_537))).Status);

        var sync = await server.PostAsync(
            "/glue/sync",
            """
            {"glue_user_id":"b","synced_at":1704376800000,"data":{"profile":{"email":"a@example.com","plan":"p","attribution":{"first_touch":{"gclid":"g"}}},
              "sessions":[{"id":"s"}],"events":[{"event":"e","event_id":"2","timestamp":1704376800001},{"event":5}]}}
            """);
        Assert.Equal(
            """{"success":true,"events_synced":1,"sessions_synced":1,"events_new":1,"events_duplicate":0,"events_rejected":[{"index":1,"error":"event must be a string of 1 to 100 characters"}]}""",
            sync.IsOk().Body);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/glue/sync", "[]")).Status);

        // Each trait has its own time.
        var batch = await server.PostAsync("/glue/batch", """{"batch":[{"type":"identify","glue_user_id":"a","email":"z@example.com","timestamp":1704376800005,"event_id":"i","traits":{"x":null,"z":1}},{"type":"x"}]}""");
        Assert.Equal(
            """{"success":true,"results":[{"status":"stored","event_id":"i","new_user":false},{"status":"rejected","error":"type must be identify, track or sync"}]}""",
            batch.IsOk().Body);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/glue/batch", """{"batch":1}""")).Status);

        var user = (await server.GetAsync("/glue/user/a?limit=1")).IsOk().Json;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"x":{"y":1},"z":1}"""), user["user"]!["traits"]));
        Assert.Equal(2, (await server.GetAsync("/glue/user/email/a@EXAMPLE.com")).IsOk().Json["users"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.GetAsync("/glue/user/a?limit=0")).Status);
        (await server.GetAsync("/glue/user/nobody")).IsError(HttpStatusCode.NotFound, "User not found");
        (await server.GetAsync("/glue/user/email/nobody")).IsError(HttpStatusCode.NotFound, "User not found");
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("/elsewhere")).Status);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await server.GetAsync("/glue/track")).Status);
    }

    private static async Task<string> SendAsync(ServerProcess server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reply = new MemoryStream();
        await stream.CopyToAsync(reply);
        return Encoding.UTF8.GetString(reply.ToArray());
    }
}
