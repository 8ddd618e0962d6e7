using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>A connection that sends bytes as they are, and reads replies strictly.</summary>
/// <remarks>It ends with a reset: a million connections would else leave no port free for a minute.</remarks>
public sealed class RawConnection : IDisposable
{
    private const int PatienceMilliseconds = 30_000;

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        LingerState = new LingerOption(enable: true, seconds: 0),
        ReceiveTimeout = PatienceMilliseconds,
        SendTimeout = PatienceMilliseconds,
    };

    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;

    /// <summary>Connects.</summary>
    /// <param name="port">Where the server listens.</param>
    /// <param name="client">Who connects: each has an address of this machine, and so its ports, for itself.</param>
    public RawConnection(int port, int client)
    {
        try
        {
            socket.Connect(new IPAddress([127, 0, 0, (byte)(1 + client)]), port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether nothing came that nobody has asked for.</summary>
    public bool IsQuiet => start == end && socket.Available == 0;

    /// <summary>Sends all of these bytes.</summary>
    /// <returns>False when the server has ended the connection.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[socket.Send(bytes)..];
            }

            return true;
        }
        catch (SocketException exception) when (IsEnd(exception))
        {
            return false;
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server was faster.
        }
    }

    /// <summary>Waits until something can be read, or until that seems to come to nothing.</summary>
    public bool WaitForReply(TimeSpan most) => start < end || socket.Poll(most, SelectMode.SelectRead);

    /// <summary>Reads one reply, whole.</summary>
    /// <param name="isHead">Whether it answers a HEAD, and has no body.</param>
    /// <returns>Null when the connection ended before it or within it.</returns>
    /// <exception cref="FormatException">It is no reply of HTTP/1.1.</exception>
    /// <exception cref="TimeoutException">Nothing comes.</exception>
    public RawReply? Read(bool isHead)
    {
        int length;
        while ((length = buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!Receive())
            {
                return null;
            }
        }

        var reply = RawReply.Parse(Take(length + 4));
        var body = isHead || reply.Status is < 200 or 204 or 304 ? [] : ReadBody(reply);
        return body is null ? null : reply with { Body = body };
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private byte[]? ReadBody(RawReply reply)
    {
        if (string.Equals(reply.Header("Transfer-Encoding"), "chunked", StringComparison.OrdinalIgnoreCase))
        {
            return reply.Header("Content-Length") is null ? ReadChunks() : throw new FormatException("a length and chunks");
        }

        if (reply.Header("Content-Length") is { } text)
        {
            var isLength = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length);
            return isLength ? ReadCounted(length) : throw new FormatException("no length");
        }

        return reply.Closes ? ReadToEnd() : throw new FormatException("no end of the body");
    }

    private byte[]? ReadCounted(int length)
    {
        while (end - start < length)
        {
            if (!Receive())
            {
                return null;
            }
        }

        return Take(length).ToArray();
    }

    private byte[] ReadToEnd()
    {
        while (Receive())
        {
        }

        return Take(end - start).ToArray();
    }

    private byte[]? ReadChunks()
    {
        using var body = new MemoryStream();
        while (ReadLine() is { } line)
        {
            if (!int.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size))
            {
                throw new FormatException($"no chunk: {line}");
            }

            if (ReadCounted(size + 2) is not { } chunk)
            {
                return null;
            }

            if (!chunk.AsSpan(size).SequenceEqual("\r\n"u8))
            {
                throw new FormatException("no end of the chunk");
            }

            body.Write(chunk, 0, size);
            if (size == 0)
            {
                return body.ToArray();
            }
        }

        return null;
    }

    private string? ReadLine()
    {
        int length;
        while ((length = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8)) < 0)
        {
            if (!Receive())
            {
                return null;
            }
        }

        return Encoding.ASCII.GetString(Take(length + 2)[..length]);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        start += length;
        return buffer.AsSpan(start - length, length);
    }

    // Returns false at the end of the connection.
    private bool Receive()
    {
        MakeRoom();
        try
        {
            var received = socket.Receive(buffer.AsSpan(end));
            end += received;
            return received > 0;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new TimeoutException($"no reply, and no end of the connection, in {PatienceMilliseconds / 1_000} s");
        }
        catch (SocketException exception) when (IsEnd(exception))
        {
            return false;
        }
    }

    private void MakeRoom()
    {
        if (end < buffer.Length)
        {
            return;
        }

        if (start == 0)
        {
            Array.Resize(ref buffer, 2 * buffer.Length);
            return;
        }

        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        start = 0;
    }

    private static bool IsEnd(SocketException exception) =>
        exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NotConnected;
}
