using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace DataGlue.Edge.Commands;

/// <summary><c>healthcheck</c>: asks the server on this machine for /healthz, for a container that has no other HTTP client.</summary>
internal static class HealthcheckCommand
{
    private const string Good = "HTTP/1.1 200 ";
    private const int TimeoutSeconds = 3;

    public static Command Make() => CommandLine.Make(
        "healthcheck",
        "Ask the server on this machine whether it lives (GET /healthz)",
        () => Problem(CommandLine.ReadSettings().Port) is { } problem ? throw new CommandException(problem) : 0);

    // Over a plain socket: it runs every few seconds beside a small server, and reads one line.
    private static string? Problem(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            SendTimeout = TimeoutSeconds * 1_000,
            ReceiveTimeout = TimeoutSeconds * 1_000,
        };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8);
            var status = ReadStatus(socket);
            return status.StartsWith(Good, StringComparison.Ordinal) ? null : $"The server at port {port} answers /healthz with '{status.Split('\r')[0]}'";
        }
        catch (SocketException exception)
        {
            var reason = exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? $"no answer within {TimeoutSeconds} s" : exception.Message;
            return $"The server at port {port} does not answer /healthz: {reason}";
        }
    }

    private static string ReadStatus(Socket socket)
    {
        var buffer = new byte[64];
        var (length, read) = (0, 0);
        do
        {
            read = socket.Receive(buffer.AsSpan(length));
            length += read;
        }
        while (read > 0 && length < Good.Length);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
