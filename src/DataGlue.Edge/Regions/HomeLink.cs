using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DataGlue.Edge.Http;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>The way from an edge to its home: over it go relays, identifications and reads.</summary>
internal sealed partial class HomeLink : IDisposable
{
    /// <summary>Marks what an edge sends: another edge does not pass it on.</summary>
    public const string HopHeader = "x-glue-hop";

    /// <summary>Names the database that the edge takes for its home's: another one does not answer.</summary>
    public const string HomeHeader = "x-glue-home";

    // What a reply to a relay, or an error, may take in memory, whoever it comes from.
    private const int MaxReplyBytes = 16 * 1024 * 1024;

    private const int MaxErrorBytes = 64 * 1024;

    // A home has connections for its own visitors too. Readers who are slow hold theirs for long, so others are kept for what must get through.
    private const int ReadConnections = 128;

    private const int WriteConnections = 32;

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan GreetingPatience = TimeSpan.FromSeconds(5);

    // A home that has moved to another address is found again within this time.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(1);

    private readonly string address;
    private readonly string? key;
    private readonly OutboxReader reader;
    private readonly Outbox outbox;
    private readonly TimeProvider clock;
    private readonly ILogger<HomeLink> logger;
    private readonly HttpMessageInvoker reads = Connect(ReadConnections);
    private readonly HttpMessageInvoker writes = Connect(WriteConnections);
    private readonly SemaphoreSlim introducing = new(1);
    private readonly Pace pace;
    private volatile string? homeId;
    private volatile HomeException? problem;

    // The problem that the log knows of.
    private volatile string? told;
    private long lastSuccess;

    /// <summary>Makes the link; connects when something is sent.</summary>
    public HomeLink(EdgeOptions options, OutboxReader reader, Outbox outbox, TimeProvider clock, ILogger<HomeLink> logger)
    {
        address = options.Home!.AbsoluteUri.TrimEnd('/');
        key = options.ApiKeys.First;
        this.reader = reader;
        this.outbox = outbox;
        this.clock = clock;
        this.logger = logger;
        pace = new Pace(clock);
    }

    /// <summary>The address of the home.</summary>
    public string Address => address;

    /// <summary>The id of the home's database; null while no home has answered.</summary>
    public string? HomeId => homeId ??= reader.HomeId();

    /// <summary>Why the home took nothing when it was last tried; null when it did.</summary>
    public HomeException? Problem => problem;

    /// <summary>When the home last took something, in milliseconds since 1970; null when it has not since the start.</summary>
    public long? LastSuccess => Interlocked.Read(ref lastSuccess) is > 0 and var known ? known : null;

    /// <summary>Gives items to the home.</summary>
    /// <param name="items">The items as JSON.</param>
    /// <param name="patience">How long the home may take.</param>
    /// <param name="cancelled">Gives up.</param>
    /// <returns>What became of each.</returns>
    /// <exception cref="HomeException">The home has not taken them, or has and could not say so.</exception>
    public Task<IReadOnlyList<RelayResult>> RelayAsync(IReadOnlyList<Utf8Text> items, TimeSpan patience, CancellationToken cancelled) => NotedAsync(TryAsync(
        async limit =>
        {
            var reply = await PostAsync(items, limit);
            return reply.Results.Count == items.Count ? reply.Results : throw Stranger();
        },
        patience,
        cancelled));

    /// <summary>Asks whether the home is there and takes what is right.</summary>
    /// <exception cref="HomeException">It is not.</exception>
    public Task GreetAsync(CancellationToken cancelled) => NotedAsync(TryAsync(AskAsync, GreetingPatience, cancelled));

    /// <summary>Sends a read of a caller's on, and returns with the head of its answer.</summary>
    /// <remarks>It says nothing of whether the home takes what is relayed, and leaves <see cref="Problem"/> as it is.</remarks>
    /// <param name="request">The request, without an address.</param>
    /// <param name="target">Its path and query, as the caller has written them.</param>
    /// <param name="patience">How long the home may take for the head.</param>
    /// <param name="cancelled">Gives up.</param>
    /// <exception cref="HomeException">The home has not answered it.</exception>
    public Task<HttpResponseMessage> ForwardAsync(HttpRequestMessage request, string target, TimeSpan patience, CancellationToken cancelled)
    {
        request.RequestUri = new Uri(address + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return TryAsync(
            async limit =>
            {
                var response = await SendAsync(reads, request, limit);
                await RequireHomeAsync(response, limit);
                return response;
            },
            patience,
            cancelled);
    }

    /// <summary>Forgets which database the home is: the next that answers is taken for it.</summary>
    /// <exception cref="StorageUnavailableException">The database takes no writes at present.</exception>
    public async Task ForgetAsync()
    {
        await outbox.WriteAsync(new HomeWrite(default));
        homeId = null;
    }

    public void Dispose()
    {
        reads.Dispose();
        writes.Dispose();
        introducing.Dispose();
    }

    private static HttpMessageInvoker Connect(int connections) => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
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
                await outbox.WriteAsync(new HomeWrite(Utf8Text.From(reply.DatabaseId)));
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
        using var request = new HttpRequestMessage(HttpMethod.Post, address + "/glue/relay") { Content = Compress(items) };
        using var response = await SendAsync(writes, request, cancelled);
        var reply = response.IsSuccessStatusCode
            ? await ReadAsync(response, cancelled)
            : throw HomeStatus.Explain(response.StatusCode, await ErrorOfAsync(response, cancelled));
        return homeId is null || homeId == reply.DatabaseId ? reply : throw Stranger();
    }

    // Returns with the headers; the body is read later.
    private async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker http, HttpRequestMessage request, CancellationToken cancelled)
    {
        request.Headers.Add(HopHeader, "1");
        request.Headers.Add(ApiKeys.Header, key);
        if (homeId is { } known)
        {
            request.Headers.Add(HomeHeader, known);
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

    private async Task<RelayReply> ReadAsync(HttpResponseMessage response, CancellationToken cancelled)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxReplyBytes, cancelled);
            await using var body = await response.Content.ReadAsStreamAsync(cancelled);
            var reply = await JsonSerializer.DeserializeAsync(body, EdgeJson.Wire.RelayReply, cancelled);
            return reply is { Success: true, DatabaseId.Length: > 0, Results: not null } ? reply : throw Stranger();
        }
        catch (JsonException)
        {
            throw Stranger();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new HomeException(HomeFailure.Failing, $"The home at {address} has broken off its answer");
        }
    }

    // Only the home names its database. What others say in its place, a proxy before it or a stranger, is nothing for the caller.
    private async Task RequireHomeAsync(HttpResponseMessage response, CancellationToken cancelled)
    {
        if (response.Headers.TryGetValues(HomeHeader, out var ids) && ids.SequenceEqual([homeId]))
        {
            return;
        }

        using (response)
        {
            throw response.IsSuccessStatusCode ? Stranger() : HomeStatus.Explain(response.StatusCode, await ErrorOfAsync(response, cancelled));
        }
    }

    private static async Task<string?> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancelled)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxErrorBytes, cancelled);
            await using var body = await response.Content.ReadAsStreamAsync(cancelled);
            return (await JsonSerializer.DeserializeAsync(body, EdgeJson.Wire.ErrorReply, cancelled))?.Error;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }

    private static ReadOnlyMemoryContent Compress(IReadOnlyList<Utf8Text> items)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes($$"""{"format":{{RelayRequest.Format}},"items":["""));
            for (var i = 0; i < items.Count; i++)
            {
                gzip.Write(i == 0 ? ""u8 : ","u8);
                gzip.Write(items[i].Span);
            }

            gzip.Write("]}"u8);
        }

        var content = new ReadOnlyMemoryContent(output.GetBuffer().AsMemory(0, (int)output.Length));
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonReply.MediaType);
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    private HomeException Stranger() => new(HomeFailure.Refusing, $"What answers at {address} is no home of this version");

    private async Task<T> NotedAsync<T>(Task<T> attempt)
    {
        try
        {
            var result = await attempt;
            NoteSuccess();
            return result;
        }
        catch (HomeException exception)
        {
            Note(exception);
            throw;
        }
    }

    // What is sent may be at fault: then nothing is wrong with the home.
    private void Note(HomeException exception)
    {
        if (exception.Failure == HomeFailure.Rejecting)
        {
            return;
        }

        problem = exception;
        if (told != exception.Message && pace.Allows((int)exception.Failure))
        {
            told = exception.Message;
            LogProblem(exception.Message);
        }
    }

    private void NoteSuccess()
    {
        Interlocked.Exchange(ref lastSuccess, Instants.Now(clock));
        problem = null;
        if (told is not null)
        {
            told = null;
            LogAnswers(address);
        }
    }

    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "The home at {Address} is the database {Id}")]
    private partial void LogHome(string address, string id);

    [LoggerMessage(EventId = 32, Level = LogLevel.Warning, Message = "Nothing is relayed, all is kept: {Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(EventId = 33, Level = LogLevel.Information, Message = "The home at {Address} answers again")]
    private partial void LogAnswers(string address);
}
