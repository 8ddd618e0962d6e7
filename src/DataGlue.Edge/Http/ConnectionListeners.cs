using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace DataGlue.Edge.Http;

/// <summary>Accepts connections for Kestrel. Its own listener tries again at once when that fails: out of file descriptors, it would take a whole processor and say
/// nothing.</summary>
internal sealed partial class ConnectionListeners(IMemoryPoolFactory<byte> pools, Connections connections, TimeProvider clock, ILogger<ConnectionListeners> logger) : IConnectionListenerFactory
{
    private const int Backlog = 512;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly LogThrottle throttle = new(clock);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            socket.Listen(Backlog);
            return new(new Listener(socket, new SocketConnectionContextFactory(Options(), logger), connections, WaitAsync));
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            throw exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? new AddressInUseException(exception.Message, exception) : exception;
        }
    }

    // Kestrel's own pools of memory, which it gives its own listener alone. With those that a listener of others gets, a reply of no known size cannot begin.
    private SocketConnectionFactoryOptions Options()
    {
        var options = new SocketConnectionFactoryOptions();
        SetPools(options, pools);
        return options;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_MemoryPoolFactory")]
    private static extern void SetPools(SocketConnectionFactoryOptions options, IMemoryPoolFactory<byte> pools);

    private Task WaitAsync(SocketException exception, CancellationToken cancelled)
    {
        if (throttle.Allows((int)exception.SocketErrorCode))
        {
            LogFailed(exception.Message);
        }

        return Task.Delay(Pause, cancelled);
    }

    [LoggerMessage(EventId = 52, Level = LogLevel.Error, Message = "No connection can be accepted: {Reason}; it is tried again")]
    private partial void LogFailed(string reason);

    private sealed class Listener(Socket socket, SocketConnectionContextFactory factory, Connections connections, Func<SocketException, CancellationToken, Task> wait) : IConnectionListener
    {
        private readonly CancellationTokenSource unbound = new();

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellationToken);
                    accepted.NoDelay = true;
                    var connection = factory.Create(accepted);
                    if (await connections.TryAdmitAsync(connection))
                    {
                        return connection;
                    }

                    connection.Abort();
                    await connection.DisposeAsync();
                }
                catch (Exception exception) when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null;
                }
                catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
                {
                    // It went while it waited.
                }
                catch (SocketException exception)
                {
                    await wait(exception, unbound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            unbound.Cancel();
            socket.Dispose();
            return default;
        }

        public ValueTask DisposeAsync()
        {
            unbound.Cancel();
            unbound.Dispose();
            socket.Dispose();
            factory.Dispose();
            return default;
        }
    }
}
