using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>Connections: the share of an address, who gives way when there is no room, and what happens without file descriptors.</summary>
[Collection(nameof(NativeTests))]
public sealed class ConnectionTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const string Key = "a-key-of-the-owner-0123456789";

    private const int Most = 2_048;

    private readonly TempFolder folder = new();
    private readonly List<Socket> sockets = [];

    [Theory]
    [InlineData("3", "", 3)]
    [InlineData("0", "", 6)]
    [InlineData("3", "127.7.0.0/16", 6)]
    [InlineData("3", "10.0.0.0/8", 3)]
    public async Task An_address_has_its_share_and_beyond_it_the_one_that_was_silent_the_longest_gives_way(string limit, string proxies, int open)
    {
        using var server = await StartAsync(("CONNECTION_LIMIT", limit), ("TRUSTED_PROXIES", proxies));
        var other = await ConnectAsync(server, "127.8.0.1");
        var own = new List<Socket>();
        for (var i = 0; i < 5; i++)
        {
            own.Add(await ConnectAsync(server, "127.7.0.1"));
            Assert.Equal(200, await AskAsync(own[^1]));
        }

        // The oldest that is left speaks again, so that the one behind it is now the one that was silent the longest.
        var speaks = open == 3 ? 2 : 0;
        Assert.Equal(200, await AskAsync(own[speaks]));
        own.Add(await ConnectAsync(server, "127.7.0.1"));
        Assert.Equal(200, await AskAsync(own[^1]));

        var expected = open == 3 ? new[] { 2, 4, 5 } : [0, 1, 2, 3, 4, 5];
        await Poll.UntilAsync(() => Task.FromResult(own.Count(IsOpen) == open));
        Assert.Equal(expected, Enumerable.Range(0, own.Count).Where(i => IsOpen(own[i])));
        Assert.Equal(200, await AskAsync(other));
    }

    [Fact]
    public async Task A_connection_that_has_shown_a_key_gives_way_to_nobody()
    {
        using var server = await StartAsync(("CONNECTION_LIMIT", "3"), ("API_KEY", Key), ("RELAY_KEY", "a-key-of-the-edges-0123456789"), ("WRITE_KEYS", "a-key-of-the-pages-0123456789"));
        var secret = await ConnectAsync(server, "127.7.0.1");
        Assert.Equal(200, await AskAsync(secret, "/glue/outbox", Key));
        var relay = await ConnectAsync(server, "127.7.0.1");
        Assert.Equal(401, await AskAsync(relay, "/glue/outbox", "a-key-of-the-edges-0123456789"));
        var write = await ConnectAsync(server, "127.7.0.1");
        Assert.Equal(401, await AskAsync(write, "/glue/outbox", "a-key-of-the-pages-0123456789"));

        var late = await ConnectAsync(server, "127.7.0.1");
        Assert.Equal(200, await AskAsync(late, "/glue/outbox", Key));
        await Poll.UntilAsync(() => Task.FromResult(!IsOpen(write)));

        // Only holders of keys are left: then nobody gives way, and who comes is not served.
        var refused = await ConnectAsync(server, "127.7.0.1");
        await Poll.UntilAsync(() => Task.FromResult(!IsOpen(refused)));
        foreach (var socket in new[] { secret, relay, late })
        {
            Assert.Equal(200, await AskAsync(socket, "/glue/outbox", Key));
        }

        late.Dispose();
        await Poll.UntilAsync(async () => await AskAsync(await ConnectAsync(server, "127.7.0.1")) == 200);
    }

    [Fact]
    public async Task A_crowd_that_holds_all_connections_keeps_no_holder_of_a_key_out()
    {
        using var server = await StartAsync(("API_KEY", Key));
        var keyed = await ConnectAsync(server, "127.9.0.1");
        Assert.Equal(200, await AskAsync(keyed, "/glue/outbox", Key));

        // One address holds all that it can, and many hold some each: half a request, or nothing.
        for (var i = 0; i < 600; i++)
        {
            await SendAsync(await ConnectAsync(server, "127.7.0.1"), i % 2 == 0 ? "" : "POST /glue/track HTTP/1.1\r\nHost: x\r\nX-Wa");
        }

        await Poll.UntilAsync(() => Task.FromResult(sockets.Count(IsOpen) == 512 + 1));
        for (var i = 0; i < 1_900; i++)
        {
            await SendAsync(await ConnectAsync(server, $"127.10.{i / 200}.{1 + (i % 200)}"), i % 2 == 0 ? "" : "POST /glue/track HTTP/1.1\r\nHost: x\r\nX-Wa");
        }

        await Poll.UntilAsync(() => Task.FromResult(sockets.Count(IsOpen) == Most));
        output.WriteLine($"{sockets.Count} connections made, resident {server.Memory("VmRSS") / 1024 / 1024} MiB");

        // Who holds a key gets in, from an address of a stranger too, and whoever was in before is still there.
        Assert.Equal(200, await AskAsync(await ConnectAsync(server, "127.11.0.1"), "/glue/outbox", Key));
        Assert.Equal(200, await AskAsync(await ConnectAsync(server, "127.7.0.1"), "/glue/outbox", Key));
        Assert.Equal(200, await AskAsync(keyed, "/glue/outbox", Key));

        // The crowd goes on to come: it pushes itself out.
        for (var i = 0; i < 500; i++)
        {
            await ConnectAsync(server, $"127.12.{i / 200}.{1 + (i % 200)}");
        }

        Assert.Equal(200, await AskAsync(await ConnectAsync(server, "127.11.0.2"), "/glue/outbox", Key));
        Assert.Equal(200, await AskAsync(keyed, "/glue/outbox", Key));
        await Poll.UntilAsync(() => Task.FromResult(sockets.Count(IsOpen) <= Most));
        Assert.Equal(1, Told(server, "All 2048 connections are taken"));
        Assert.InRange(server.Log.Count, 1, 5);
    }

    [Fact]
    public async Task It_takes_as_many_connections_as_the_files_that_it_may_have_open_leave()
    {
        SkipWithoutLimits();
        using var server = await StartAsync(["prlimit", "--nofile=400:400"], ("API_KEY", Key));
        Assert.Equal(1, Told(server, "This process may have 400 files open (ulimit -n): it takes 208 connections and not 2048"));

        for (var i = 0; i < 300; i++)
        {
            await ConnectAsync(server, $"127.10.{i / 200}.{1 + (i % 200)}");
        }

        await Poll.UntilAsync(() => Task.FromResult(sockets.Count(IsOpen) == 208));
        var late = await ConnectAsync(server, "127.11.0.1");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, await AskAsync(late, "/glue/outbox", Key));
        }

        Assert.Equal(0, Told(server, "No connection can be accepted"));
    }

    [Fact]
    public async Task Without_a_descriptor_left_it_waits_says_so_and_goes_on_when_there_is_one()
    {
        SkipWithoutLimits();
        using var server = await StartAsync();
        var first = await ConnectAsync(server, "127.7.0.1");
        Assert.Equal(200, await AskAsync(first));
        var files = Directory.GetFiles($"/proc/{server.Id}/fd").Length;
        await LimitAsync(server, files + 1);

        // The listener has asked for the next connection already, so one more may be taken.
        var waiting = new List<Socket>();
        for (var i = 0; i < 4; i++)
        {
            waiting.Add(await ConnectAsync(server, "127.7.0.2"));
        }

        await Poll.UntilAsync(() => Task.FromResult(Told(server, "No connection can be accepted: Too many open files") == 1));
        var before = ProcessorTicks(server);
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.InRange(ProcessorTicks(server) - before, 0, 40);
        Assert.Equal(200, await AskAsync(first));

        await LimitAsync(server, 1_024);
        Assert.Equal(200, await AskAsync(waiting[^1]));
        Assert.Equal(1, Told(server, "No connection can be accepted"));
    }

    public void Dispose()
    {
        sockets.ForEach(socket => socket.Dispose());
        folder.Dispose();
    }

    private Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) => StartAsync([], settings);

    private Task<ServerProcess> StartAsync(string[] before, params (string Name, string Value)[] settings)
    {
        NativeBinary.SkipWithout();
        return ServerProcess.StartAsync(binary, folder.Path, settings, before);
    }

    private static void SkipWithoutLimits() => Assert.SkipUnless(Tools.Has("prlimit"), "needs prlimit (apt install util-linux)");

    private static async Task LimitAsync(ServerProcess server, int files) => Assert.Equal(
        0, await Tools.RunAsync("prlimit", "--pid", server.Id.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"--nofile={files}:")));

    private static int Told(ServerProcess server, string message) =>
        server.Log.Count(line => ((string?)JsonNode.Parse(line)!["Message"])!.StartsWith(message, StringComparison.Ordinal));

    // Hundredths of a second, in user and kernel.
    private static long ProcessorTicks(ServerProcess server)
    {
        var fields = File.ReadAllText($"/proc/{server.Id}/stat").Split(") ")[1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    // From an address of this machine, of which loopback has many.
    private async Task<Socket> ConnectAsync(ServerProcess server, string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0), NoDelay = true };
        sockets.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Accepted and refused at once.
        }

        return socket;
    }

    // The status of the reply; 0 when the connection has ended.
    private static async Task<int> AskAsync(Socket socket, string path = "/healthz", string? key = null)
    {
        await SendAsync(socket, $"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n{(key is null ? "" : $"x-api-key: {key}\r\n")}\r\n");
        var reply = new StringBuilder();
        var part = new byte[1_024];
        try
        {
            while (!reply.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await socket.ReceiveAsync(part) is var read and > 0)
                {
                    reply.Append(Encoding.ASCII.GetString(part, 0, read));
                }
                else
                {
                    return 0;
                }
            }
        }
        catch (SocketException)
        {
            return 0;
        }

        return int.Parse(reply.ToString().Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static async Task SendAsync(Socket socket, string text)
    {
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        }
        catch (SocketException)
        {
            // It has ended already.
        }
    }

    private static bool IsOpen(Socket socket)
    {
        try
        {
            return !socket.SafeHandle.IsClosed && (!socket.Poll(0, SelectMode.SelectRead) || socket.Available > 0);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
