using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DataGlue.Edge.Tests.Support;

/// <summary>
/// The network between an edge and its home: a port that passes bytes on, and that a test can cut, silence, slow down, or lead elsewhere.
/// </summary>
public sealed class Link : IDisposable
{
    private readonly ConcurrentDictionary<Socket, bool> sockets = new();
    private readonly Lock gate = new();
    private TaskCompletionSource open = Opened();
    private Socket? listener;
    private volatile int target;

    /// <summary>Begins to pass on what comes.</summary>
    /// <param name="target">The port that it leads to.</param>
    public Link(int target)
    {
        this.target = target;
        Port = ServerApp.FreePort();
        Listen();
    }

    public int Port { get; }

    /// <summary>The address of what is behind it.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>How long each piece is on its way.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>How many bytes a second go over each connection; 0 for no limit.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Breaks every connection, and refuses new ones.</summary>
    public void Cut()
    {
        lock (gate)
        {
            listener?.Dispose();
            listener = null;
        }

        foreach (var socket in sockets.Keys)
        {
            Abort(socket);
        }
    }

    /// <summary>Connections stay and new ones are made, but nothing comes through, as behind a firewall that drops packets.</summary>
    public void Silence()
    {
        lock (gate)
        {
            open = open.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : open;
        }
    }

    /// <summary>Takes back whatever was done to it.</summary>
    public void Mend()
    {
        (Latency, BytesPerSecond) = (TimeSpan.Zero, 0);
        lock (gate)
        {
            if (listener is null)
            {
                Listen();
            }

            open.TrySetResult();
        }
    }

    /// <summary>Leads elsewhere; what is connected to the former place is broken off.</summary>
    public void LeadTo(int port)
    {
        Cut();
        target = port;
        Mend();
    }

    public void Dispose()
    {
        Cut();
        open.TrySetResult();
    }

    private void Listen()
    {
        listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen(512);
        _ = AcceptAsync(listener);
    }

    private async Task AcceptAsync(Socket listening)
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await listening.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task PassAsync(Socket near)
    {
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        sockets[near] = true;
        sockets[far] = true;
        try
        {
            await open.Task;
            await far.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Nobody is there, or it was cut meanwhile.
        }

        Abort(near);
        Abort(far);
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0)
            {
                await Task.Delay(Latency + (BytesPerSecond > 0 ? TimeSpan.FromSeconds((double)count / BytesPerSecond) : TimeSpan.Zero));
                await open.Task;
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Broken off at one of its ends.
        }
    }

    // With a reset, so that nobody takes it for an end in good order.
    private void Abort(Socket socket)
    {
        sockets.TryRemove(socket, out _);
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is broken already.
        }

        socket.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        source.SetResult();
        return source;
    }
}
