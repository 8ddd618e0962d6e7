using System.Net;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Edge;

/// <summary>The way from an edge to its home: over it go relays, identifications and reads.</summary>
internal sealed partial class HomeLink(Settings settings, ServerState server, Outbox outbox, HomeTombstones tombstones, TimeProvider clock, ILogger<HomeLink> logger) : IDisposable
{
    // A home has connections for its own visitors too. Readers who are slow hold theirs for long, so others are kept for what must get through.
    private const int ReadConnections = 128;
    private const int WriteConnections = 32;
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GreetingPatience = TimeSpan.FromSeconds(5);

    // A home that has moved to another address is found again within this time.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(1);

    private readonly string address = AddressOf(settings);
    private readonly string key = HomeAddress.ShownKey(settings.ApiKeys, settings.RelayKeys)!;
    private readonly HttpMessageInvoker reads = Connect(ReadConnections, settings.Home!);
    private readonly HttpMessageInvoker writes = Connect(WriteConnections, settings.Home!);
    private readonly SemaphoreSlim introducing = new(1);
    private readonly HomeState state = new(AddressOf(settings), clock, logger);
    private volatile string? homeId;

    public string Address => address;

    /// <summary>The id of the home's database; null while no home has answered.</summary>
    public string? HomeId => homeId ??= server.HomeId();

    /// <summary>Why the home took nothing when it was last tried; null when it did.</summary>
    public HomeException? Problem => state.Problem;

    /// <summary>When the home last took something, in milliseconds since 1970; null when it has not since the start.</summary>
    public long? LastSuccess => state.LastSuccess;

    /// <summary>Gives items to the home.</summary>
    /// <exception cref="HomeException">The home has not taken them, or has and could not say so.</exception>
    public Task<IReadOnlyList<Outcome>> RelayAsync(IReadOnlyList<Utf8Text> items, TimeSpan patience, CancellationToken cancelled) => state.NoteAsync(TryAsync(
        async limit =>
        {
            var reply = await PostAsync(items, limit);
            return reply.Results.Count == items.Count ? reply.Results : throw Stranger();
        },
        patience,
        cancelled));

    /// <summary>Asks whether the home is there and takes what is right.</summary>
    /// <exception cref="HomeException">It does not, which is the fault of nothing that was sent.</exception>
    public async Task GreetAsync(CancellationToken cancelled)
    {
        try
        {
            await state.NoteAsync(TryAsync(AskAsync, GreetingPatience, cancelled));
        }
        catch (HomeException exception) when (exception.Failure == HomeFailure.Failing)
        {
            throw new HomeException(HomeFailure.Away, exception.Message);
        }
    }

    /// <summary>Sends a read on, to the path and query that its caller wrote and with the caller's key, and returns with the head of the answer.
    /// <see cref="Problem"/> stays as it is.</summary>
    /// <exception cref="HomeException">The home has not answered it.</exception>
    /// <exception cref="RequestException">401: the home does not know the caller's key.</exception>
    public Task<HttpResponseMessage> ForwardAsync(HttpRequestMessage request, string target, string callersKey, TimeSpan patience, CancellationToken cancelled)
    {
        request.RequestUri = new Uri(address + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return TryAsync(
            async limit =>
            {
                var response = await SendAsync(reads, request, callersKey, limit);
                await RequireHomeAsync(response, limit);
                return response;
            },
            patience,
            cancelled);
    }

    /// <summary>Forgets which database the home is: the next that answers is taken for it.</summary>
    public async Task ForgetAsync()
    {
        await outbox.WriteAsync(new ForgetHomeWrite());
        homeId = null;
    }

    public void Dispose()
    {
        reads.Dispose();
        writes.Dispose();
        introducing.Dispose();
    }

    private static string AddressOf(Settings settings) => settings.Home!.AbsoluteUri.TrimEnd('/');

    private static HttpMessageInvoker Connect(int connections, Uri home) => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        ConnectCallback = home.Scheme == Uri.UriSchemeHttp ? HomeAddress.ConnectInPrivateAsync : null,
        ConnectTimeout = ConnectPatience,
        MaxConnectionsPerServer = connections,
        PooledConnectionLifetime = ConnectionLifetime,
        UseCookies = false,
        UseProxy = false,
    });

    // Who the home is, is known before anything is given to it.
    private async Task<T> TryAsync<T>(Func<CancellationToken, Task<T>> send, TimeSpan patience, CancellationToken cancelled)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        limit.CancelAfter(patience);
        try
        {
            if (HomeId is null)
            {
                await IntroduceAsync(limit.Token);
            }

            return await send(limit.Token);
        }
        catch (OperationCanceledException) when (!cancelled.IsCancellationRequested)
        {
            throw new HomeException(HomeFailure.Failing, $"The home at {address} has not answered within {patience.TotalSeconds:0} s");
        }
    }

    // The first that answers at the address is the home, for good.
    private async Task IntroduceAsync(CancellationToken cancelled)
    {
        await introducing.WaitAsync(cancelled);
        try
        {
            if (HomeId is null)
            {
                var reply = await AskAsync(cancelled);
                await outbox.WriteAsync(new HomeIdWrite(reply.DatabaseId));
                homeId = reply.DatabaseId;
                LogHome(address, reply.DatabaseId);
            }
        }
        finally
        {
            introducing.Release();
        }
    }

    // Where nothing is sent, nothing can be faulty: what says so is no home.
    private async Task<RelayReply> AskAsync(CancellationToken cancelled)
    {
        try
        {
            return await PostAsync([], cancelled);
        }
        catch (HomeException exception) when (exception.Failure == HomeFailure.Rejecting)
        {
            throw Stranger();
        }
    }

    private async Task<RelayReply> PostAsync(IReadOnlyList<Utf8Text> items, CancellationToken cancelled)
    {
        var bringing = tombstones.ToBring();
        using var request = new HttpRequestMessage(HttpMethod.Post, address + "/glue/relay") { Content = RelayMessage.Compress(items, tombstones.Last, bringing?.ConvertAll(row => row.ToTombstone().ToList()) ?? []) };
        using var response = await SendAsync(writes, request, key, cancelled);
        var reply = response.IsSuccessStatusCode
            ? await RelayMessage.ReadReplyAsync(response, cancelled)
            : throw HomeException.Of(response.StatusCode, await RelayMessage.ErrorOfAsync(response, cancelled));
        if (reply is null || (homeId is not null && homeId != reply.DatabaseId))
        {
            throw Stranger();
        }

        await TakeAsync(reply.Tombstones, bringing);
        return reply;
    }

    // The home has taken the items in any case.
    private async Task TakeAsync(RelayTombstones? said, List<TombstoneRow>? bringing)
    {
        try
        {
            await tombstones.TakeAsync(said, bringing);
        }
        catch (StorageUnavailableException)
        {
            // The next answer brings them again.
        }
    }

    // Returns with the headers; the body is read later.
    private async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker http, HttpRequestMessage request, string shown, CancellationToken cancelled)
    {
        request.Headers.Add(RelayFormat.HopHeader, "1");
        request.Headers.Add(ApiKeys.Header, shown);
        if (homeId is { } known)
        {
            request.Headers.Add(RelayFormat.HomeHeader, known);
        }

        try
        {
            return await http.SendAsync(request, cancelled);
        }
        catch (HttpRequestException exception)
        {
            throw Explain(exception);
        }
    }

    // A connection that breaks after it was made may have been broken by what was sent: the home may have crashed on it.
    private HomeException Explain(HttpRequestException exception) => exception.HttpRequestError is HttpRequestError.ConnectionError
        or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
            ? new HomeException(HomeFailure.Away, $"The home at {address} cannot be reached: {exception.Message}")
            : new HomeException(HomeFailure.Failing, $"The home at {address} has broken the connection off: {exception.Message}");

    // Only the home names its database. What others say in its place, a proxy before it or a stranger, is nothing for the caller.
    private async Task RequireHomeAsync(HttpResponseMessage response, CancellationToken cancelled)
    {
        if (response.Headers.TryGetValues(RelayFormat.HomeHeader, out var ids) && ids.SequenceEqual([homeId]))
        {
            return;
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                throw new RequestException(StatusCodes.Status401Unauthorized, "The key in x-api-key is one of this edge's, and its home does not know it; send one that both know");
            }

            throw response.IsSuccessStatusCode ? Stranger() : HomeException.Of(response.StatusCode, await RelayMessage.ErrorOfAsync(response, cancelled));
        }
    }

    private HomeException Stranger() => new(HomeFailure.Refusing, $"What answers at {address} is no home of this version");

    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "The home at {Address} is the database {Id}")]
    private partial void LogHome(string address, string id);
}
