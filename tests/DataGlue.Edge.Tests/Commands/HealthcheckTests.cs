using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Commands;

/// <summary>A container asks the binary itself whether its server lives.</summary>
[Collection(nameof(NativeTests))]
public sealed class HealthcheckTests(NativeBinary binary) : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_answers_is_well(bool withKey)
    {
        NativeBinary.SkipWithout();
        (string, string)[] settings = withKey ? [("API_KEY", "a-key-that-is-long-enough")] : [];
        using var server = await ServerProcess.StartAsync(binary, folder.Path, settings);

        var run = (await AskAsync(server.Port)).IsOk();

        Assert.Empty(run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Where_nothing_listens_it_says_so()
    {
        NativeBinary.SkipWithout();
        var port = ServerApp.FreePort();

        (await AskAsync(port)).Fails($"The server at port {port} does not answer /healthz: Connection refused 127.0.0.1:{port}");
    }

    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "answers /healthz with 'HTTP/1.1 503 Service Unavailable'")]
    [InlineData("HTTP/1.1 2000\r\n", "answers /healthz with 'HTTP/1.1 2000'")]
    [InlineData("SSH-2.0", "answers /healthz with 'SSH-2.0'")]
    [InlineData("", "answers /healthz with ''")]
    [InlineData(null, "does not answer /healthz: no answer within 3 s")]
    public async Task Anything_but_a_200_is_a_failure(string? reply, string fault)
    {
        NativeBinary.SkipWithout();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var run = AskAsync(port);
        using var client = await listener.AcceptSocketAsync();
        Assert.Equal("GET /healthz HTTP/1.1\r\n", await FirstLineAsync(client));
        if (reply is not null)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(reply));
            client.Shutdown(SocketShutdown.Send);
        }

        (await run).Fails($"The server at port {port} {fault}");
    }

    public void Dispose() => folder.Dispose();

    private Task<CommandRun> AskAsync(int port) =>
        CommandRun.RunAsync(binary, folder.Path, [("PORT", port.ToString(CultureInfo.InvariantCulture))], [], "healthcheck");

    private static async Task<string> FirstLineAsync(Socket client)
    {
        var buffer = new byte[23];
        var read = 0;
        while (read < buffer.Length)
        {
            read += await client.ReceiveAsync(buffer.AsMemory(read));
        }

        return Encoding.ASCII.GetString(buffer);
    }
}
