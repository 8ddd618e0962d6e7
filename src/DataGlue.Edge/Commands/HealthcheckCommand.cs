using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataGlue.Edge.Commands;

/// <summary><c>healthcheck</c>: whether the server on this machine answers, for a container that has no other program to ask it with.</summary>
internal static class HealthcheckCommand
{
    private const string Good = "HTTP/1.1 200 ";

    private const int Patience = 3;

    public static Command Make()
    {
        var command = new Command("healthcheck", "Ask the server on this machine whether it lives (GET /healthz)");
        command.SetAction(_ => Run(CommandLine.ReadSettings().Port));
        return command;
    }

    /// <summary>Whether a server answers on this port of this machine.</summary>
    public static bool Answers(int port)
    {
        try
        {
            return Run(port) == 0;
        }
        catch (CommandException)
        {
            return false;
        }
    }

    // Over a plain socket: it runs again and again beside a small server, to read one line.
    private static int Run(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            SendTimeout = Patience * 1_000,
            ReceiveTimeout = Patience * 1_000,
        };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8);
            var status = ReadStatus(socket);
            CommandException.Unless(status.StartsWith(Good, StringComparison.Ordinal), $"The server at port {port} answers /healthz with '{status.Split('\r')[0]}'");
            return 0;
        }
        catch (SocketException exception)
        {
            var reason = exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? $"no answer within {Patience} s" : exception.Message;
            throw new CommandException($"The server at port {port} does not answer /healthz: {reason}");
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
